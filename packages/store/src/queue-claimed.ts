import { accountId } from './ids.ts'
import type { ClaimedMessage, ClaimedRecipient, RemoteReply } from './queue.ts'
import { lifetimeSeconds } from './queue-schedule.ts'
import type { QueueOrigin } from './queue-submission.ts'
import { uuidToBase32 } from './uuid-v7.ts'

/** A recipient and its message as claims read them. */
export interface ClaimedRow {
  readonly queue_id: string
  readonly n: number
  readonly destination: string
  readonly address: string
  readonly original_recipient: string | null
  readonly notify: readonly string[] | null
  readonly attempts: number
  readonly is_delay_told: boolean
  readonly was_abandoned: boolean
  readonly unknowns: number
  readonly last_host: string | null
  readonly last_code: number | null
  readonly last_enhanced: string | null
  readonly last_text: string | null
  readonly account_id: string | null
  readonly sender: string
  readonly size: number
  readonly envelope_id: string | null
  readonly return_content: 'full' | 'headers' | null
  readonly is_eight_bit: boolean
  readonly needs_smtputf8: boolean
  readonly requires_tls: boolean
  readonly is_tls_optional: boolean
  readonly origin: QueueOrigin
  readonly author_domain: string | null
  readonly priority: number
  readonly is_verp: boolean
  readonly submitted_at: Date
  readonly age_seconds: number
  readonly lifetime_seconds: number
  readonly suppressed: string | null
}

/** What the trace says of a lease that ran out. */
export const unrecorded =
  'The worker ended before it could record an outcome: the message may have arrived.'

/** Columns of ClaimedRow, of recipient `r`, its message `m` and the row `d` that led to it. */
export const claimedColumns = `r.queue_id, r.n, r.destination, r.address, r.original_recipient, r.notify, r.attempts,
    r.delay_told_at IS NOT NULL AS is_delay_told, d.was_abandoned, r.unknowns,
    r.last_host, r.last_code, r.last_enhanced, r.last_text,
    m.account_id, m.sender, m.size, m.envelope_id, m.return_content, m.is_eight_bit,
    m.needs_smtputf8, m.requires_tls, m.is_tls_optional, m.origin, m.author_domain, m.priority, m.submitted_at,
    EXISTS (SELECT FROM account_setting s WHERE s.account_id = m.account_id AND s.name = 'send.verp' AND s.value = 'yes')
      AS is_verp,
    extract(epoch FROM now() - greatest(m.submitted_at, m.release_at))::float8 AS age_seconds,
    coalesce(extract(epoch FROM m.expires_at - greatest(m.submitted_at, m.release_at)), ${lifetimeSeconds})::float8
      AS lifetime_seconds`

/** One message for each destination, in the order of the rows, its recipients in theirs. */
export function claimedMessages(rows: readonly ClaimedRow[]): readonly ClaimedMessage[] {
  const groups = Map.groupBy(rows, (row) => `${row.destination}\0${row.queue_id}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [messageOf(first, group)]
  })
}

function messageOf(row: ClaimedRow, group: readonly ClaimedRow[]): ClaimedMessage {
  return {
    queueId: uuidToBase32(row.queue_id),
    destination: row.destination,
    account: row.account_id === null ? null : accountId(row.account_id),
    sender: row.sender,
    size: row.size,
    envelopeId: row.envelope_id ?? undefined,
    returnContent: row.return_content ?? undefined,
    isEightBit: row.is_eight_bit,
    needsSmtpUtf8: row.needs_smtputf8,
    requiresTls: row.requires_tls,
    isTlsOptional: row.is_tls_optional,
    origin: row.origin,
    authorDomain: row.author_domain ?? undefined,
    priority: row.priority,
    ...(row.is_verp && { isVerp: true }),
    submittedAt: row.submitted_at,
    ageSeconds: row.age_seconds,
    lifetimeSeconds: row.lifetime_seconds,
    recipients: group.toSorted((a, b) => a.n - b.n).map(recipientOf),
  }
}

function recipientOf(row: ClaimedRow): ClaimedRecipient {
  return {
    n: row.n,
    address: row.address,
    originalRecipient: row.original_recipient ?? undefined,
    notify: row.notify ?? undefined,
    attempt: row.attempts,
    isDelayTold: row.is_delay_told,
    wasAbandoned: row.was_abandoned,
    unknowns: row.unknowns,
    last: lastReply(row),
    suppressed: row.suppressed ?? undefined,
  }
}

/** The last recorded attempt's words; undefined before the first one. */
export function lastReply(
  row: Pick<ClaimedRow, 'last_host' | 'last_code' | 'last_enhanced' | 'last_text'>,
): RemoteReply | undefined {
  if (row.last_text === null) return undefined
  return {
    host: row.last_host ?? undefined,
    code: row.last_code ?? undefined,
    enhanced: row.last_enhanced ?? undefined,
    text: row.last_text,
  }
}
