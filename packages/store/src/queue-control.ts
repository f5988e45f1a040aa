import type { Database } from './database.ts'
import { accountId } from './ids.ts'
import type { QueueFilter, QueueItem, QueueStatus } from './queue.ts'
import { lastReply } from './queue-claims.ts'
import { queueChannel } from './queue-insert.ts'
import { statement, tupleStatement, type Statement } from './statement.ts'
import type { TraceKind } from './trace-event.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

interface Row {
  readonly queue_id: string
  readonly n: number
  readonly state: QueueItem['state']
  readonly sender: string
  readonly address: string
  readonly destination: string
  readonly account_id: string | null
  readonly size: number
  readonly submitted_at: Date
  readonly attempts: number
  readonly next_at: Date | null
  readonly worker: string | null
  readonly last_at: Date | null
  readonly last_outcome: QueueItem['lastOutcome'] | null
  readonly last_host: string | null
  readonly last_code: number | null
  readonly last_enhanced: string | null
  readonly last_text: string | null
}

const isActive = `r.state = 'waiting' AND r.lease IS NOT NULL AND r.next_at > now()`

/** $1 ids, $2 destination, $3 sender, $4 state, $5 older than so many seconds; null means any. */
const meant = `($1::uuid[] IS NULL OR r.queue_id = ANY ($1)) AND ($2::text IS NULL OR r.destination = $2)
  AND ($3::text IS NULL OR lower(m.sender) = lower($3))
  AND ($4::text IS NULL OR CASE $4
    WHEN 'active' THEN ${isActive}
    WHEN 'deferred' THEN r.state = 'waiting' AND r.last_at IS NOT NULL
    ELSE r.state = $4 END)
  AND ($5::float8 IS NULL OR m.submitted_at < now() - make_interval(secs => $5))`

const columns = `r.queue_id, r.n, CASE WHEN ${isActive} THEN 'active' ELSE r.state END AS state, m.sender,
  r.address, r.destination, m.account_id, m.size, m.submitted_at, r.attempts,
  CASE WHEN r.state = 'waiting' THEN r.next_at END AS next_at, r.worker,
  r.last_at, r.last_outcome, r.last_host, r.last_code, r.last_enhanced, r.last_text`

const list = statement<Row>(
  'queue_list',
  `SELECT ${columns} FROM queue_recipient r JOIN queue_message m USING (queue_id)
  WHERE r.state IN ('waiting', 'held') AND ${meant}
  ORDER BY m.submitted_at, r.queue_id, r.n LIMIT $6`,
)

const show = statement<Row>(
  'queue_show',
  `SELECT ${columns} FROM queue_recipient r JOIN queue_message m USING (queue_id)
  WHERE r.queue_id = $1 ORDER BY r.n`,
)

/** A change of everything meant that nobody works on. The message's row is locked first, as when outcomes are recorded. */
function change(
  name: string,
  kind: TraceKind,
  set: string,
  states: string,
): Statement<readonly [string]> {
  return tupleStatement(
    name,
    `WITH locked AS MATERIALIZED (
      SELECT m.queue_id, m.sender, m.submitted_at FROM queue_message m
      WHERE m.finished_at IS NULL AND ($1::uuid[] IS NULL OR m.queue_id = ANY ($1))
      ORDER BY m.queue_id FOR NO KEY UPDATE
    ), done AS (
    UPDATE queue_recipient r SET ${set} FROM locked m
    WHERE r.queue_id = m.queue_id AND r.state IN (${states}) AND NOT (${isActive}) AND ${meant}
    RETURNING r.queue_id, r.n, r.address
    ), told AS (
      INSERT INTO trace (kind, queue_id, details)
      SELECT '${kind}', queue_id, json_build_object('to', address, 'n', n) FROM done
    ) SELECT queue_id FROM done`,
  )
}

const retry = change(
  'queue_retry',
  'retried',
  `state = 'waiting', next_at = now()`,
  `'waiting', 'held'`,
)
const hold = change('queue_hold', 'held', `state = 'held'`, `'waiting'`)
const drop = change(
  'queue_drop',
  'dropped',
  `state = 'dropped', lease = NULL, worker = NULL`,
  `'waiting', 'held'`,
)

const finish = statement(
  'queue_finish_dropped',
  `UPDATE queue_message m SET finished_at = now()
  WHERE m.queue_id = ANY ($1::uuid[]) AND m.finished_at IS NULL AND NOT EXISTS (
    SELECT FROM queue_recipient r WHERE r.queue_id = m.queue_id AND r.state IN ('waiting', 'held'))`,
)

const status = statement<{
  readonly waiting: number
  readonly active: number
  readonly deferred: number
  readonly held: number
  readonly messages: number
  readonly oldest: number | null
}>(
  'queue_status',
  `SELECT count(*) FILTER (WHERE r.state = 'waiting') AS waiting,
    count(*) FILTER (WHERE ${isActive}) AS active,
    count(*) FILTER (WHERE r.state = 'waiting' AND r.last_at IS NOT NULL) AS deferred,
    count(*) FILTER (WHERE r.state = 'held') AS held,
    count(DISTINCT r.queue_id) AS messages,
    extract(epoch FROM now() - min(m.submitted_at))::float8 AS oldest
  FROM queue_recipient r JOIN queue_message m USING (queue_id)
  WHERE m.finished_at IS NULL AND r.state IN ('waiting', 'held')`,
)

const nextDue = tupleStatement<readonly [number | null]>(
  'queue_next_due',
  `SELECT (extract(epoch FROM (
    SELECT next_at FROM queue_recipient WHERE state = 'waiting' AND destination <> ALL ($1::text[])
    ORDER BY next_at LIMIT 1) - now()) * 1000)::float8`,
)

const purge = tupleStatement<readonly [string]>(
  'queue_purge',
  `WITH old AS (
    SELECT queue_id FROM queue_message WHERE finished_at < now() - make_interval(secs => $1)
    ORDER BY finished_at LIMIT 1000 FOR UPDATE SKIP LOCKED
  ), recipients AS (
    DELETE FROM queue_recipient r USING old WHERE r.queue_id = old.queue_id
  )
  DELETE FROM queue_message m USING old WHERE m.queue_id = old.queue_id RETURNING m.queue_id`,
)

const defaultLimit = 1_000

/** Looking at the queue, and an operator's commands to it. */
export class QueueControl {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** See `Queue.status`. */
  async status(): Promise<QueueStatus> {
    const [row] = await this.#database.query(status)
    if (row === undefined) throw new Error('Postgres gave no row for an aggregate')
    const { waiting, active, deferred, held, messages, oldest } = row
    return { waiting, active, deferred, held, messages, oldestSeconds: oldest ?? undefined }
  }

  /** See `Queue.nextDueMs`. */
  async nextDueMs(except: readonly string[] = []): Promise<number | undefined> {
    const [row] = await this.#database.query(nextDue, [except])
    const ms = row?.[0] ?? undefined
    return ms === undefined ? undefined : Math.max(0, ms)
  }

  /** See `Queue.list`. */
  async list(filter: QueueFilter = {}): Promise<readonly QueueItem[]> {
    const rows = await this.#database.query(list, [
      ...meaning(filter),
      filter.limit ?? defaultLimit,
    ])
    return rows.map(itemOf)
  }

  /** See `Queue.show`. */
  async show(queueId: string): Promise<readonly QueueItem[]> {
    const uuid = uuidFromBase32(queueId)
    if (uuid === undefined) return []
    const rows = await this.#database.query(show, [uuid])
    return rows.map(itemOf)
  }

  /** See `Queue.retry`. */
  async retry(filter: QueueFilter): Promise<number> {
    return this.#database.transact(async (tx) => {
      const rows = await tx.query(retry, meaning(filter))
      tx.notify(queueChannel, '')
      return rows.length
    })
  }

  /** See `Queue.hold`. */
  async hold(filter: QueueFilter): Promise<number> {
    const rows = await this.#database.query(hold, meaning(filter))
    return rows.length
  }

  /** See `Queue.drop`. */
  async drop(filter: QueueFilter): Promise<number> {
    return this.#database.transact(async (tx) => {
      const rows = await tx.query(drop, meaning(filter))
      await tx.execute(finish, [[...new Set(rows.map(([id]) => id))]])
      return rows.length
    })
  }

  /** See `Queue.purge`. */
  async purge(finishedSecondsAgo: number): Promise<number> {
    const rows = await this.#database.query(purge, [finishedSecondsAgo])
    return rows.length
  }
}

/** An id that cannot be one means no row, not every row. */
function meaning(filter: QueueFilter): readonly unknown[] {
  const ids = filter.queueIds?.flatMap((id) => uuidFromBase32(id) ?? []) ?? null
  const { destination = null, sender = null, state = null, olderThanSeconds = null } = filter
  return [ids, destination?.toLowerCase() ?? null, sender, state, olderThanSeconds]
}

function itemOf(row: Row): QueueItem {
  return {
    queueId: uuidToBase32(row.queue_id),
    n: row.n,
    state: row.state,
    sender: row.sender,
    address: row.address,
    destination: row.destination,
    account: row.account_id === null ? null : accountId(row.account_id),
    size: row.size,
    submittedAt: row.submitted_at,
    attempts: row.attempts,
    nextAt: row.next_at ?? undefined,
    worker: row.worker ?? undefined,
    lastAt: row.last_at ?? undefined,
    lastOutcome: row.last_outcome ?? undefined,
    last: lastReply(row),
  }
}
