import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { AcmeProblem } from './acme-problem.ts'

/** What came back. */
export interface HttpsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What to ask. */
export interface HttpsQuestion {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** PEM of the authorities that are believed; the system's where absent. */
  readonly ca?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly limitMs?: number | undefined
}

/** An authority answers within seconds, or not at all. */
const usualLimitMs = 30_000
/** A chain of certificates has some ten thousand octets. */
const maxBytes = 1024 * 1024

/**
 * One request over HTTPS, without redirects, within half a minute and a mebibyte.
 *
 * @throws AcmeProblem `unreachable`, `timeout` or `protocol`
 */
export async function httpsRequest(url: string, question: HttpsQuestion): Promise<HttpsAnswer> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw new AcmeProblem('protocol', `the authority named "${url}", which is no https:// address`)
  const { host } = new URL(url)
  const { signal, limitMs = usualLimitMs } = question
  const limit = AbortSignal.timeout(limitMs)
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit])
  try {
    return await exchange(url, question, either)
  } catch (error) {
    if (signal?.aborted === true || error instanceof AcmeProblem) throw error
    if (limit.aborted)
      throw new AcmeProblem('timeout', `${host} did not answer within ${limitMs / 1000} seconds`)
    const because = error instanceof Error ? error.message : String(error)
    throw new AcmeProblem('unreachable', `${host} cannot be reached: ${because}`)
  }
}

function exchange(url: string, question: HttpsQuestion, signal: AbortSignal): Promise<HttpsAnswer> {
  const { method, headers = {}, body, ca } = question
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal, agent: false, ...(ca === undefined ? {} : { ca }) }
    const asked = request(url, options, (message) => {
      whole(message).then(
        (octets) =>
          resolve({ status: message.statusCode ?? 0, headers: message.headers, body: octets }),
        (error: unknown) => {
          asked.destroy()
          reject(error)
        },
      )
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

async function whole(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of message) {
    const octets = Buffer.from(piece)
    size += octets.length
    if (size > maxBytes) throw new AcmeProblem('protocol', 'an answer of more than a mebibyte')
    pieces.push(octets)
  }
  return Buffer.concat(pieces)
}
