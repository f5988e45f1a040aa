import type { RecipientOutcome, Reply } from '@posthouse/smtp'
import type { Hop } from './route.ts'

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
