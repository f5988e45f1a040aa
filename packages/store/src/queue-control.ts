import type { Database } from './database.ts'
import { accountId } from './ids.ts'
import { lastReply, type ClaimedRow } from './queue-claimed.ts'
import { isActive, meaningOf, type QueueFilter } from './queue-filter.ts'
import { everywhere } from './queue-destinations.ts'
import type { HoldReason, QueueItem, QueueStatus } from './queue-operations.ts'
import { statement, tupleStatement, unnamed, type Statement } from './statement.ts'
import { forgetSuppressions } from './suppression-table.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

type Shared =
  | 'queue_id'
  | 'n'
  | 'destination'
  | 'address'
  | 'attempts'
  | 'last_host'
  | 'last_code'
  | 'last_enhanced'
  | 'last_text'
  | 'account_id'
  | 'sender'
  | 'size'
  | 'origin'
  | 'priority'
  | 'submitted_at'

interface Row extends Pick<ClaimedRow, Shared> {
  readonly state: QueueItem['state']
  readonly next_at: Date | null
  readonly worker: string | null
  readonly last_at: Date | null
  readonly last_outcome: QueueItem['lastOutcome'] | null
  readonly held_by: HoldReason['by'] | null
  readonly held_because: string | null
  readonly held_rule: number | null
}

const columns = `r.queue_id, r.n, CASE WHEN ${isActive} THEN 'active' ELSE r.state END AS state, m.sender,
  r.address, r.destination, m.account_id, m.size, m.origin, m.priority, m.submitted_at, r.attempts,
  CASE WHEN r.state = 'waiting' THEN r.next_at END AS next_at, r.worker,
  r.last_at, r.last_outcome, r.last_host, r.last_code, r.last_enhanced, r.last_text,
  r.held_by, r.held_because, r.held_rule`

function list(meant: string, limit: number): Statement<Row> {
  return unnamed(
    `SELECT ${columns} FROM queue_recipient r JOIN queue_message m USING (queue_id)
    WHERE r.state IN ('waiting', 'held') AND ${meant}
    ORDER BY m.submitted_at, r.queue_id, r.n LIMIT ${Math.trunc(limit)}`,
  )
}

const show = statement<Row>(
  'queue_show',
  `SELECT ${columns} FROM queue_recipient r JOIN queue_message m USING (queue_id)
  WHERE r.queue_id = $1 ORDER BY r.n`,
)

const status = statement<{
  readonly waiting: number
  readonly active: number
  readonly deferred: number
  readonly held: number
  readonly paused: number
  readonly messages: number
  readonly oldest: number | null
}>(
  'queue_status',
  `SELECT count(*) FILTER (WHERE r.state = 'waiting') AS waiting,
    count(*) FILTER (WHERE ${isActive}) AS active,
    count(*) FILTER (WHERE r.state = 'waiting' AND r.last_at IS NOT NULL) AS deferred,
    count(*) FILTER (WHERE r.state = 'held') AS held,
    (SELECT count(*) FROM queue_destination WHERE resumes_at > now()) AS paused,
    count(DISTINCT r.queue_id) AS messages,
    extract(epoch FROM now() - min(m.submitted_at))::float8 AS oldest
  FROM queue_recipient r JOIN queue_message m USING (queue_id)
  WHERE m.finished_at IS NULL AND r.state IN ('waiting', 'held')`,
)

/** A pause of everything puts off all. Epochs are subtracted and not times: Postgres 15 knows no infinite interval. */
const nextDue = tupleStatement<readonly [number | null]>(
  'queue_next_due',
  `SELECT ((extract(epoch FROM greatest(least(
    (SELECT due_at FROM queue_destination WHERE resumes_at IS NULL AND due_at < 'infinity'
      AND destination <> ALL ($1::text[]) ORDER BY due_at LIMIT 1),
    (SELECT resumes_at FROM queue_destination WHERE resumes_at < 'infinity' AND due_at < 'infinity'
      AND destination <> ALL ($1::text[]) ORDER BY resumes_at LIMIT 1)
  ), (SELECT resumes_at FROM queue_destination WHERE destination = '${everywhere}' AND resumes_at > now())))
    - extract(epoch FROM now())) * 1000)::float8`,
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

/** Looking at the queue. */
export class QueueControl {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** See `QueueOperations.status`. */
  async status(): Promise<QueueStatus> {
    const [row] = await this.#database.query(status)
    if (row === undefined) throw new Error('Postgres gave no row for an aggregate')
    const { oldest, ...counts } = row
    return { ...counts, oldestSeconds: oldest ?? undefined }
  }

  /** See `Queue.nextDueMs`. */
  async nextDueMs(except: readonly string[] = []): Promise<number | undefined> {
    const [row] = await this.#database.query(nextDue, [except])
    const ms = row?.[0] ?? undefined
    return ms === undefined || ms === Infinity ? undefined : Math.max(0, ms)
  }

  /** See `QueueOperations.list`. */
  async list(filter: QueueFilter = {}): Promise<readonly QueueItem[]> {
    const { sql, values } = meaningOf(filter)
    const rows = await this.#database.query(list(sql, filter.limit ?? defaultLimit), values)
    return rows.map(itemOf)
  }

  /** See `QueueOperations.show`. */
  async show(queueId: string): Promise<readonly QueueItem[]> {
    const uuid = uuidFromBase32(queueId)
    if (uuid === undefined) return []
    const rows = await this.#database.query(show, [uuid])
    return rows.map(itemOf)
  }

  /** See `Queue.purge`. */
  async purge(finishedSecondsAgo: number): Promise<number> {
    const rows = await this.#database.query(purge, [finishedSecondsAgo])
    await forgetSuppressions(this.#database)
    return rows.length
  }
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
    hold: holdOf(row),
    origin: row.origin,
    priority: row.priority,
  }
}

function holdOf({ state, held_by, held_because, held_rule }: Row): HoldReason | undefined {
  if (state !== 'held' || held_by === null) return undefined
  const reason = { by: held_by, because: held_because ?? '' }
  return held_rule === null ? reason : { ...reason, rule: held_rule }
}
