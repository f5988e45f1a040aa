import type { Database } from './database.ts'
import { accountId } from './ids.ts'
import type { Claim, ClaimedMessage, ClaimedRecipient, ClaimRequest, RemoteReply } from './queue.ts'
import { lifetimeSeconds } from './queue-schedule.ts'
import type { QueueOrigin } from './queue-submission.ts'
import { statement, tupleStatement, type Statement } from './statement.ts'
import { newUuid, uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

interface Row {
  readonly queue_id: string
  readonly n: number
  readonly destination: string
  readonly address: string
  readonly original_recipient: string | null
  readonly notify: readonly string[] | null
  readonly attempts: number
  readonly is_delay_told: boolean
  readonly was_abandoned: boolean
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
  readonly submitted_at: Date
  readonly age_seconds: number
  readonly lifetime_seconds: number
}

/**
 * Destinations are found by hopping from one to the next in the index (a step for each destination, however many rows it has),
 * ordered by their longest wait; then rows of each are locked, skipping those that another worker is just taking. An expired
 * lease is due like anything else: `lease` still set tells that its attempt was never recorded.
 */
const claim = statement<Row>(
  'queue_claim',
  `WITH RECURSIVE step AS (
    (SELECT destination FROM queue_recipient WHERE state = 'waiting' ORDER BY destination LIMIT 1)
    UNION ALL
    SELECT (SELECT r.destination FROM queue_recipient r
      WHERE r.state = 'waiting' AND r.destination > s.destination ORDER BY r.destination LIMIT 1)
    FROM step s WHERE s.destination IS NOT NULL
  ), waiting AS (
    SELECT s.destination, f.next_at FROM step s CROSS JOIN LATERAL (
      SELECT r.next_at FROM queue_recipient r
      WHERE r.state = 'waiting' AND r.destination = s.destination ORDER BY r.next_at LIMIT 1) f
    WHERE s.destination IS NOT NULL AND s.destination <> ALL ($1::text[]) AND f.next_at <= now()
      AND ($7::text[] IS NULL OR s.destination = ANY ($7))
    ORDER BY f.next_at LIMIT $2
  ), due AS MATERIALIZED (
    SELECT r.* FROM waiting w CROSS JOIN LATERAL (
      SELECT q.queue_id, q.n, q.lease IS NOT NULL AS was_abandoned FROM queue_recipient q
      WHERE q.state = 'waiting' AND q.destination = w.destination AND q.next_at <= now()
      ORDER BY q.next_at LIMIT $3 FOR UPDATE SKIP LOCKED) r
  )
  UPDATE queue_recipient r
  SET lease = $4, worker = $5, next_at = now() + make_interval(secs => $6), attempts = r.attempts + 1
  FROM due d JOIN queue_message m ON m.queue_id = d.queue_id
  WHERE r.queue_id = d.queue_id AND r.n = d.n
  RETURNING r.queue_id, r.n, r.destination, r.address, r.original_recipient, r.notify, r.attempts,
    r.delay_told_at IS NOT NULL AS is_delay_told, d.was_abandoned,
    r.last_host, r.last_code, r.last_enhanced, r.last_text,
    m.account_id, m.sender, m.size, m.envelope_id, m.return_content, m.is_eight_bit,
    m.needs_smtputf8, m.requires_tls, m.is_tls_optional, m.origin, m.author_domain, m.priority, m.submitted_at,
    extract(epoch FROM now() - greatest(m.submitted_at, m.release_at))::float8 AS age_seconds,
    coalesce(extract(epoch FROM m.expires_at - greatest(m.submitted_at, m.release_at)), ${lifetimeSeconds})::float8
      AS lifetime_seconds`,
)

const renew = statement(
  'queue_renew',
  `UPDATE queue_recipient SET next_at = now() + make_interval(secs => $2)
  WHERE lease = $1 AND state = 'waiting'`,
)

const giveBack = statement(
  'queue_release',
  `UPDATE queue_recipient r SET lease = NULL, worker = NULL, next_at = now() + make_interval(secs => $4),
    attempts = r.attempts - 1
  WHERE r.lease = $1 AND r.state = 'waiting' AND ($2::uuid[] IS NULL OR (r.queue_id, r.n) IN (
    SELECT q, i FROM unnest($2::uuid[], $3::int[]) AS t (q, i)))`,
)

const workers = tupleStatement<readonly [string]>(
  'queue_workers',
  `SELECT DISTINCT worker FROM queue_recipient
  WHERE lease IS NOT NULL AND state = 'waiting' AND worker IS NOT NULL`,
)

/** The attempts stay counted, and the leases set: whoever claims next is told that they were abandoned. */
const abandon = statement(
  'queue_abandon',
  `UPDATE queue_recipient SET next_at = now() WHERE worker = $1 AND lease IS NOT NULL AND state = 'waiting'`,
)

/** Claiming, and holding on to what was claimed. */
export class QueueClaims {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Takes due recipients under a new token. */
  async claim(request: ClaimRequest): Promise<Claim> {
    const token = newUuid()
    const { worker, destinations, perDestination, except = [], only = null, leaseSeconds } = request
    const rows = await this.#database.query(claim, [
      except,
      destinations,
      perDestination,
      token,
      worker,
      leaseSeconds,
      only,
    ])
    return { token, messages: messagesOf(rows) }
  }

  /** Puts off the end of a lease. */
  renew(token: string, leaseSeconds: number): Promise<number> {
    return this.#change(renew, [token, leaseSeconds])
  }

  /** Gives back what was not tried. */
  release(
    token: string,
    items?: readonly { readonly queueId: string; readonly n: number }[],
    dueInSeconds = 0,
  ): Promise<number> {
    const ids = items?.map(({ queueId }) => uuidFromBase32(queueId)) ?? null
    const numbers = items?.map(({ n }) => n) ?? null
    return this.#change(giveBack, [token, ids, numbers, dueInSeconds])
  }

  /** Who holds something. */
  async workers(): Promise<readonly string[]> {
    const rows = await this.#database.query(workers)
    return rows.map(([worker]) => worker)
  }

  /** Frees what a dead worker holds. */
  abandon(worker: string): Promise<number> {
    return this.#change(abandon, [worker])
  }

  /** Rows of one token may be changed in another order by `record` at the same time: a deadlock is tried again. */
  #change(change: Statement<unknown>, values: readonly unknown[]): Promise<number> {
    return this.#database.transact((tx) => tx.execute(change, values), { retry: true })
  }
}

/** One message for each destination, recipients in their order; longest wait first as the rows came. */
function messagesOf(rows: readonly Row[]): readonly ClaimedMessage[] {
  const groups = Map.groupBy(rows, (row) => `${row.destination}\0${row.queue_id}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [messageOf(first, group)]
  })
}

function messageOf(row: Row, group: readonly Row[]): ClaimedMessage {
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
    submittedAt: row.submitted_at,
    ageSeconds: row.age_seconds,
    lifetimeSeconds: row.lifetime_seconds,
    recipients: group.toSorted((a, b) => a.n - b.n).map(recipientOf),
  }
}

function recipientOf(row: Row): ClaimedRecipient {
  return {
    n: row.n,
    address: row.address,
    originalRecipient: row.original_recipient ?? undefined,
    notify: row.notify ?? undefined,
    attempt: row.attempts,
    isDelayTold: row.is_delay_told,
    wasAbandoned: row.was_abandoned,
    last: lastReply(row),
  }
}

/** The last recorded attempt's words; undefined before the first one. */
export function lastReply(
  row: Pick<Row, 'last_host' | 'last_code' | 'last_enhanced' | 'last_text'>,
): RemoteReply | undefined {
  if (row.last_text === null) return undefined
  return {
    host: row.last_host ?? undefined,
    code: row.last_code ?? undefined,
    enhanced: row.last_enhanced ?? undefined,
    text: row.last_text,
  }
}
