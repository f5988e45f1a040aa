import type { FilterMessage } from '../filter-message.ts'
import type { StageResult } from '../stage.ts'
import { foreignFindings, foreignLimits, type ForeignLimits } from './foreign-findings.ts'
import { Gate } from './gate.ts'
import { readRspamdReply, type RspamdReply } from './rspamd-reply.ts'
import { ScannerFailure } from './scanner-failure.ts'
import { probed, type ScannerOptions, type ScannerStage } from './scanner-stage.ts'

/** How rspamd is asked. */
export interface RspamdOptions extends ScannerOptions {
  /** `http://127.0.0.1:11333`: its normal worker, or a proxy before it. */
  readonly url: string
  readonly believed?: Partial<ForeignLimits>
  /** More is not sent. */
  readonly maxBytes?: number
}

/** Spam is small; what is larger costs rspamd a second. */
const usualMaxBytes = 20 * 1024 * 1024
const mostAnswerBytes = 1024 * 1024

/** Asks rspamd what it makes of a message (HTTP, /checkv2). Its points count; what it would do is only told. */
export function rspamdStage(options: RspamdOptions): ScannerStage {
  const { deadlineMs = 20_000 } = options
  const gate = new Gate({ deadlineMs, ...options.limits })
  const believed = { ...foreignLimits, ...options.believed }
  const { maxBytes = usualMaxBytes } = options
  return {
    name: 'rspamd',
    directions: ['inbound', 'outbound'],
    deadlineMs,
    onFailure: options.onFailure,
    async examine(message, signal) {
      if (message.octets.length > maxBytes) return { findings: [] }
      return resultOf(await gate.pass(signal, () => check(options.url, message, signal)), believed)
    },
    health: () => gate.health(),
    probe: (signal) =>
      probed(async () => {
        const answer = await send(new URL('/ping', options.url), {}, signal)
        if (answer.trim() !== 'pong')
          throw new ScannerFailure('something that is no rspamd answers')
        return 'rspamd answers'
      }),
  }
}

async function check(
  url: string,
  message: FilterMessage,
  signal: AbortSignal,
): Promise<RspamdReply> {
  const init = { method: 'POST', headers: headersOf(message), body: new Uint8Array(message.octets) }
  const reply = readRspamdReply(await send(new URL('/checkv2', url), init, signal))
  if (reply === undefined) throw new ScannerFailure('an answer that is none of rspamd’s')
  return reply
}

/** Recipients stand in one field, each in brackets. */
function headersOf({ sender, recipients, client, queueId, direction }: FilterMessage): Headers {
  const headers = new Headers({
    From: fieldText(pathOf(sender)),
    Ip: client.address,
    Helo: fieldText(client.helo),
    'Queue-Id': queueId,
    'Content-Type': 'application/octet-stream',
  })
  if (recipients.length > 0)
    headers.set('Rcpt', recipients.map(({ address }) => fieldText(pathOf(address))).join(','))
  if (client.name !== undefined) headers.set('Hostname', fieldText(client.name))
  if (direction === 'outbound') headers.set('User', fieldText(sender))
  return headers
}

/** An address as rspamd reads it: with its local part quoted where it must be (RFC 5321 §4.1.2), else it is passed over. */
function pathOf(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  if (at === -1 || /^[^\s"(),:;<>@[\\\]]+$/.test(local)) return `<${address}>`
  return `<"${local.replaceAll(/["\\]/g, String.raw`\$&`)}"${address.slice(at)}>`
}

/** UTF-8 as HTTP fields carry octets; nothing that ends one. */
function fieldText(text: string): string {
  return Buffer.from(text.replaceAll(/[\0-\u001f\u007f]+/g, ' ').toWellFormed()).toString('latin1')
}

async function send(url: URL, init: RequestInit, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { ...init, signal, redirect: 'error' }).catch(
    (error: unknown) => {
      throw new ScannerFailure(signal.aborted ? 'no answer in time' : causeOf(error))
    },
  )
  const text = await bodyOf(response, signal)
  if (!response.ok) throw new ScannerFailure(`HTTP ${response.status} ${text.slice(0, 100)}`)
  return text
}

async function bodyOf(response: Response, signal: AbortSignal): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const piece of response.body ?? []) {
      length += piece.length
      if (length > mostAnswerBytes) throw new ScannerFailure('an answer that is too long')
      pieces.push(piece)
    }
  } catch (error) {
    if (error instanceof ScannerFailure) throw error
    throw new ScannerFailure(signal.aborted ? 'no answer in time' : causeOf(error))
  }
  return Buffer.concat(pieces).toString()
}

/** fetch says "fetch failed", and why in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const text = cause instanceof Error ? cause.message : String(cause)
  return text === '' ? 'no connection' : text
}

function resultOf(reply: RspamdReply, believed: ForeignLimits): StageResult {
  const { score, symbols, action, isSkipped } = reply
  // Skipped is also what it has decided at once, such as GTUBE.
  if (isSkipped && action === 'no action') return { findings: [] }
  const findings = foreignFindings({ prefix: 'RSPAMD', total: score, symbols }, believed)
  if (action === 'no action') return { findings }
  const told = { symbol: 'RSPAMD_WOULD', points: 0, reason: `rspamd would: ${action}` }
  return { findings: [...findings, told] }
}
