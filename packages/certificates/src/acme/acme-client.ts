import type { KeyObject } from 'node:crypto'
import { AcmeProblem, fieldOf, problemOf } from './acme-problem.ts'
import { httpsRequest, type HttpsAnswer } from './https-request.ts'
import { signedRequest } from './jws.ts'

/** Whom to ask, and as whom. */
export interface AcmeClientOptions {
  /** The directory's URL. */
  readonly directory: string
  /** PEM of the authority that the directory's own certificate is from. */
  readonly ca?: string | undefined
  /** The account's key, P-256. */
  readonly key: KeyObject
  /** The account's URL; undefined until it is registered. */
  readonly account?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** How long one answer is waited for; half a minute when absent. */
  readonly limitMs?: number | undefined
}

/** An answer's members and headers. */
export interface AcmeAnswer {
  readonly url: string
  readonly body: unknown
  readonly text: string
  readonly location: string | undefined
  readonly retryAfterSeconds: number | undefined
}

/** RFC 8555 §6.5: any request may need another nonce. */
const nonceTries = 10
const userAgent = 'posthouse'

/**
 * Speaks to an authority (RFC 8555). Every request is one signed POST; whatever is refused is an AcmeProblem, which keeps the
 * error's type, the names that it is about, and when to ask again.
 */
export class AcmeClient {
  readonly #options: AcmeClientOptions
  #directory: Promise<unknown> | undefined
  #account: string | undefined
  #nonce: string | undefined

  constructor(options: AcmeClientOptions) {
    this.#options = options
    this.#account = options.account
  }

  /** The account's key. */
  get key(): KeyObject {
    return this.#options.key
  }

  /** The URL of a resource in the directory; undefined where it is not offered (RFC 8555 §7.1.1). */
  async resource(name: string): Promise<string | undefined> {
    this.#directory ??= this.get(this.#options.directory)
    const url = fieldOf(await this.#directory, name)
    return typeof url === 'string' ? url : undefined
  }

  /** Registers the key, or finds the account that it has; gives the account's URL (RFC 8555 §7.3). */
  async register(email: string | undefined): Promise<string> {
    this.#account = undefined
    const contact = email === undefined ? {} : { contact: [`mailto:${email}`] }
    const payload = { termsOfServiceAgreed: true, ...contact }
    const { location } = await this.post(await this.#needed('newAccount'), payload)
    if (location === undefined) throw new AcmeProblem('protocol', 'the account has no address')
    this.#account = location
    return location
  }

  /** A new order (RFC 8555 §7.4). `replaces`: the identifier of the certificate that it follows (RFC 9773 §5). */
  async newOrder(names: readonly string[], replaces: string | undefined): Promise<AcmeAnswer> {
    const identifiers = names.map((value) => ({ type: 'dns', value }))
    const payload = { identifiers, ...(replaces === undefined ? {} : { replaces }) }
    return await this.post(await this.#needed('newOrder'), payload)
  }

  /** Reads a resource without a signature. */
  async get(url: string): Promise<unknown> {
    const answer = await this.#ask(url, 'GET')
    return jsonOf(answer, url)
  }

  /** A signed request; without payload it reads (POST-as-GET, RFC 8555 §6.3). */
  async post(url: string, payload?: unknown): Promise<AcmeAnswer> {
    for (let attempt = 1; ; attempt++) {
      const nonce = this.#nonce ?? (await this.#newNonce())
      this.#nonce = undefined
      const kid = this.#account === undefined ? {} : { kid: this.#account }
      const body = signedRequest(this.key, { url, nonce, ...kid }, payload)
      try {
        return answerOf(url, await this.#ask(url, 'POST', body))
      } catch (error) {
        const isStale = error instanceof AcmeProblem && error.kind === 'badNonce'
        if (!isStale || attempt === nonceTries) throw error
      }
    }
  }

  async #needed(name: string): Promise<string> {
    const url = await this.resource(name)
    if (url !== undefined) return url
    throw new AcmeProblem('protocol', `${this.#options.directory} is no ACME directory: no ${name}`)
  }

  async #newNonce(): Promise<string> {
    await this.#ask(await this.#needed('newNonce'), 'HEAD')
    if (this.#nonce !== undefined) return this.#nonce
    throw new AcmeProblem('protocol', 'the authority gives no nonce')
  }

  async #ask(url: string, method: 'GET' | 'HEAD' | 'POST', body?: string): Promise<HttpsAnswer> {
    const { ca, signal, limitMs } = this.#options
    const headers = {
      'user-agent': userAgent,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/jose+json', 'content-length': `${body.length}` }),
    }
    const answer = await httpsRequest(url, {
      method,
      headers,
      ca,
      signal,
      limitMs,
      ...(body === undefined ? {} : { body }),
    })
    const nonce = answer.headers['replay-nonce']
    // RFC 8555 §6.5.1: base64url, all of it.
    if (typeof nonce === 'string' && /^[A-Za-z0-9_-]+$/.test(nonce)) this.#nonce = nonce
    if (answer.status >= 200 && answer.status < 300) return answer
    throw refusalOf(url, answer)
  }
}

function answerOf(url: string, answer: HttpsAnswer): AcmeAnswer {
  const text = answer.body.toString()
  const isJson = /\bjson\b/.test(answer.headers['content-type'] ?? '')
  return {
    url,
    text,
    body: isJson ? jsonOf(answer, url) : undefined,
    location: answer.headers.location,
    retryAfterSeconds: retryAfter(answer),
  }
}

function refusalOf(url: string, answer: HttpsAnswer): AcmeProblem {
  let document: unknown
  try {
    document = JSON.parse(answer.body.toString())
  } catch {
    document = undefined
  }
  const fallback = `${new URL(url).host} answers ${answer.status}`
  return problemOf(document, fallback, retryAfter(answer))
}

function jsonOf({ body }: HttpsAnswer, url: string): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new AcmeProblem('protocol', `${new URL(url).host} answers what is no JSON`)
  }
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
function retryAfter({ headers }: HttpsAnswer): number | undefined {
  const text = headers['retry-after']
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000)
}
