import { setTimeout as sleep } from 'node:timers/promises'
import type { AcmeAnswer, AcmeClient } from './acme-client.ts'
import { AcmeProblem, fieldOf, problemOf } from './acme-problem.ts'

/** An order as the authority tells of it (RFC 8555 §7.1.3). */
export interface Order {
  readonly url: string
  readonly status: string
  readonly names: readonly string[]
  readonly authorizations: readonly string[]
  readonly finalize: string
  readonly certificate: string | undefined
  readonly error: unknown
}

/** What is asked to prove one name (RFC 8555 §7.1.4). */
export interface Authorization {
  readonly url: string
  readonly name: string
  readonly status: string
  readonly challenges: readonly Challenge[]
}

/** One way to prove it (RFC 8555 §8). */
export interface Challenge {
  readonly kind: string
  readonly url: string
  readonly token: string
  readonly error: unknown
}

/** How long an authority is watched at work. */
export interface Patience {
  readonly signal: AbortSignal | undefined
  /** Until it has decided. */
  readonly limitMs: number
  /** Between two looks, where it says nothing about that. */
  readonly everyMs: number
}

const longestWaitMs = 30_000

/** Reads an order out of an answer. @throws AcmeProblem `protocol` */
export function orderOf(url: string, body: unknown): Order {
  const status = text(body, 'status')
  const finalize = text(body, 'finalize')
  const certificate = fieldOf(body, 'certificate')
  const names = list(body, 'identifiers').map((each) => text(each, 'value').toLowerCase())
  const authorizations = list(body, 'authorizations').filter((each) => typeof each === 'string')
  return {
    url,
    status,
    finalize,
    names,
    authorizations,
    certificate: typeof certificate === 'string' ? certificate : undefined,
    error: fieldOf(body, 'error'),
  }
}

/** Reads an authorization out of an answer. @throws AcmeProblem `protocol` */
export function authorizationOf(url: string, body: unknown): Authorization {
  const challenges = list(body, 'challenges').flatMap((each): readonly Challenge[] => {
    const [kind, address, token] = ['type', 'url', 'token'].map((name) => fieldOf(each, name))
    if (typeof kind !== 'string' || typeof address !== 'string') return []
    return [
      {
        kind,
        url: address,
        token: typeof token === 'string' ? token : '',
        error: fieldOf(each, 'error'),
      },
    ]
  })
  const name = text(fieldOf(body, 'identifier'), 'value').toLowerCase()
  return { url, name, status: text(body, 'status'), challenges }
}

/** Why a name was not proved: what the authority says of its challenges. */
export function refusalOf({ challenges, name, status }: Authorization): AcmeProblem {
  const failed = challenges.find(({ error }) => error !== undefined)
  return problemOf(failed?.error, `the authority does not say why ${name} is ${status}`)
}

/**
 * Looks at a resource until it is decided, as often as the authority says.
 *
 * @throws AcmeProblem `timeout` when it is not within the limit
 */
export async function watch<T>(
  client: AcmeClient,
  url: string,
  read: (answer: AcmeAnswer) => T | undefined,
  { signal, limitMs, everyMs }: Patience,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const answer = await client.post(url)
    const decided = read(answer)
    if (decided !== undefined) return decided
    const asked = (answer.retryAfterSeconds ?? 0) * 1000
    const waitMs = Math.min(longestWaitMs, Math.max(everyMs, asked))
    if (performance.now() + waitMs > deadline)
      throw new AcmeProblem('timeout', `the authority has not decided in ${limitMs / 1000} seconds`)
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal })
  }
}

function text(body: unknown, name: string): string {
  const value = fieldOf(body, name)
  if (typeof value === 'string') return value
  throw new AcmeProblem('protocol', `the authority's answer has no ${name}`)
}

function list(body: unknown, name: string): readonly unknown[] {
  const value = fieldOf(body, name)
  return Array.isArray(value) ? value : []
}
