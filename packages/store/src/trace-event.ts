import { hash } from 'node:crypto'
import type { AccountId, MailboxId } from './ids.ts'
import { plainText } from './plain-text.ts'

/**
 * What can happen to a message. In a mailbox: `delivered`, `appended`, `copied`, `moved`, `flagged`, `expunged`, `undeleted`,
 * `fetched`, and of the whole mailbox `removed` and `restored`. Before it: `filtered` (not a row of its own: the verdict's),
 * `refused` at the door, `quarantined` and, by an operator, `discarded` from there. On the way out: `queued`, then per attempt and recipient `sent`,
 * `deferred`, `bounced` or `unknown` (the line was cut after the final dot), and by an operator (or a rule) `retried`, `held`,
 * `released`, `redirected`, `dropped`.
 */
export type TraceKind =
  | 'delivered'
  | 'appended'
  | 'copied'
  | 'moved'
  | 'flagged'
  | 'expunged'
  | 'undeleted'
  | 'fetched'
  | 'removed'
  | 'restored'
  | 'filtered'
  | 'refused'
  | 'quarantined'
  | 'discarded'
  | 'queued'
  | 'sent'
  | 'deferred'
  | 'bounced'
  | 'unknown'
  | 'retried'
  | 'held'
  | 'released'
  | 'redirected'
  | 'dropped'

/** More to tell of an event: small, and nothing secret. */
export type TraceDetails = Readonly<Record<string, unknown>>

/** One event. */
export interface TraceEvent {
  readonly kind: TraceKind
  readonly account?: AccountId | null
  /** A UUID. */
  readonly queueId?: string
  readonly mailbox?: MailboxId
  /** Of one entry. */
  readonly messageId?: number
  /** In the mailbox, ascending. */
  readonly uids?: ArrayLike<number>
  readonly idKey?: number | null
  readonly details?: TraceDetails
}

/** A Message-ID as a number, by which its events are found. */
export function traceKey(messageId: string): number {
  return Number.parseInt(hash('sha256', messageId, 'hex').slice(0, 13), 16)
}

/** A row with thousands of ranges would cost more than it tells. */
const mostRanges = 200

/** UIDs (ascending) as Postgres' text of a multirange: of very many pieces, from the first to the last. */
export function rangesText(uids: ArrayLike<number>): string {
  const ranges: string[] = []
  let start = uids[0] ?? 0
  let end = start
  const flush = (): number => ranges.push(`[${start},${end}]`)
  for (let i = 1; i < uids.length; i++) {
    const uid = uids[i] ?? 0
    if (uid !== end + 1) {
      flush()
      start = uid
    }
    end = uid
    if (ranges.length < mostRanges) continue
    return `{[${uids[0] ?? 0},${uids[uids.length - 1] ?? 0}]}`
  }
  if (uids.length > 0) flush()
  return `{${ranges.join(',')}}`
}

/** Below this nothing is too long. */
const plainLength = 2_000

/** As Postgres keeps it, whatever strangers wrote: no NUL, no half characters, capped. */
export function detailsText(details: TraceDetails | undefined): string | null {
  if (details === undefined) return null
  const text = JSON.stringify(details)
  // Escapes tell of everything that needs a look: controls and half characters.
  if (text.length <= plainLength && !text.includes('\\')) return text
  return JSON.stringify(details, (_, value: unknown) =>
    typeof value === 'string' ? plainText(value) : value,
  )
}
