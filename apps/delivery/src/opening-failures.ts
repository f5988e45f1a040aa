import {
  type Connected,
  describeReply,
  type RecipientOutcome,
  reply as makeReply,
  type Reply,
} from '@posthouse/smtp'
import type { Hop } from './route.ts'
import type { TlsFailure } from './tls/failure.ts'

/** Why one address gave no session. */
export interface HopFailure {
  readonly hop: Hop
  /** For the log. */
  readonly stage: string
  readonly because: string
  /** What the host said of us and our mail, or what we say of it (`isLocal`). */
  readonly reply?: Reply
  readonly isLocal?: boolean
  /** Our own judgement as a status of RFC 3463. */
  readonly status?: string
  /** Later it will be the same. */
  readonly isFinal: boolean
}

/** What that nobody was reached means for each recipient, and the host that said so. */
export interface Unreached {
  readonly outcome: RecipientOutcome
  readonly host: string | undefined
}

/** The meaning of all failures: final only where all are. */
export function meaningOf(failures: readonly HopFailure[]): Unreached {
  const last = failures.at(-1)
  if (last === undefined) {
    return {
      outcome: { kind: 'deferred', because: 'Stopped before a connection stood' },
      host: undefined,
    }
  }
  const answered = failures.findLast(({ reply }) => reply !== undefined)
  const reply = answered?.reply
  if (failures.every(({ isFinal }) => isFinal) && reply !== undefined) {
    const local = answered?.isLocal === true
    return { outcome: { kind: 'bounced', reply, local }, host: answered?.hop.host }
  }
  const because = failures.map(
    ({ hop, because: words }) => `${hop.host} [${hop.address}]: ${words}`,
  )
  const outcome = { kind: 'deferred', because: because.join('; ') } as const
  if (reply !== undefined && reply.code < 500) {
    return { outcome: { ...outcome, reply }, host: answered?.hop.host }
  }
  const status = failures.findLast((each) => each.status !== undefined)?.status
  return {
    outcome: status === undefined ? outcome : { ...outcome, status },
    host: (answered ?? last).hop.host,
  }
}

/** The store is away: not even that there is no policy is known. */
export function unknownPolicy(hop: Hop): HopFailure {
  return {
    hop,
    stage: 'policy',
    because: 'what is known of its TLS cannot be read now',
    isFinal: false,
  }
}

/** A TLS failure: the host is not used, and nobody is told that the mail cannot arrive (RFC 8461 §5, RFC 7672 §2.1.3). */
export function unprotected(hop: Hop, { type, because }: TlsFailure): HopFailure {
  // RFC 3463 §3.8: no such feature, or a cryptographic failure.
  const status = type === 'starttls-not-supported' ? '4.7.4' : '4.7.5'
  return {
    hop,
    stage: 'tls',
    because: `not safe to use: ${because} (${type})`,
    status,
    isFinal: false,
  }
}

/** REQUIRETLS that can never be kept (RFC 8689 §4.2.1). */
export function unpromised(hop: Hop, text: string): HopFailure {
  const answer = { reply: makeReply(550, '5.7.30', text), isLocal: true }
  return { hop, stage: 'policy', because: text, ...answer, isFinal: true }
}

/** No connection, for another reason than TLS. */
export function unconnected(
  hop: Hop,
  { failure: failed }: Extract<Connected, { ok: false }>,
): HopFailure {
  const { stage, reply: answer } = failed
  const because = answer === undefined ? failed.because : describeReply(answer)
  // What a relay says about our password, or a host about STARTTLS, is not about the mail.
  if (answer === undefined || stage === 'tls' || stage === 'auth') {
    return { hop, stage, because, isFinal: false }
  }
  return { hop, stage, because, reply: answer, isFinal: answer.code >= 500 }
}
