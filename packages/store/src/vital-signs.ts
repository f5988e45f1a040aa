import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'

/** How the store stands, for metrics. Counted in recipients; each is in one state. */
export interface VitalSigns {
  /** Never tried yet. */
  readonly waiting: number
  /** Somebody works on it now. */
  readonly active: number
  /** Tried, and to be tried again. */
  readonly deferred: number
  readonly held: number
  /** How long the oldest of them all waits; undefined: nothing does. */
  readonly oldestSeconds: number | undefined
  /** The whole database on disk, indexes and all. */
  readonly databaseBytes: number
  /** Undefined: none was ever made. */
  readonly lastBackupAt: Date | undefined
}

/**
 * Two index scans and no join: what is finished is not looked at. Of a queue of a million it reads a million entries all the same,
 * so whoever asks spaces the questions by what the last one cost. The smallest queue id is the oldest message's (UUIDv7).
 */
const queueSigns = tupleStatement<
  readonly [waiting: number, active: number, deferred: number, held: number, oldest: number | null]
>(
  'vital_queue',
  `WITH waiting AS (
    SELECT count(*) FILTER (WHERE last_at IS NULL AND NOT is_active) AS fresh,
      count(*) FILTER (WHERE is_active) AS active,
      count(*) FILTER (WHERE last_at IS NOT NULL AND NOT is_active) AS deferred,
      min(queue_id::text COLLATE "C") AS oldest
    FROM (
      SELECT queue_id, last_at, lease IS NOT NULL AND next_at > now() AS is_active
      FROM queue_recipient WHERE state = 'waiting'
    ) r
  ), held AS (
    SELECT count(*) AS held, min(queue_id::text COLLATE "C") AS oldest
    FROM queue_recipient WHERE state = 'held'
  )
  SELECT fresh::float8, active::float8, deferred::float8, held::float8, (
    SELECT extract(epoch FROM now() - submitted_at)::float8 FROM queue_message
    WHERE queue_id = least(waiting.oldest, held.oldest)::uuid
  ) FROM waiting, held`,
)

const databaseSize = tupleStatement<readonly [number]>(
  'vital_size',
  'SELECT pg_database_size(current_database())::float8',
)

const lastBackup = tupleStatement<readonly [Date]>(
  'vital_backup',
  `SELECT at FROM audit WHERE object = 'backup' AND action = 'backup.created'
  ORDER BY audit_id DESC LIMIT 1`,
)

/** A commit that writes to the log and touches no table; a standby refuses it. What is read-only by a setting must be asked. */
const writeStatement = tupleStatement<readonly [isReadOnly: boolean]>(
  'vital_write',
  `SELECT current_setting('transaction_read_only')::boolean
  FROM pg_logical_emit_message(true, 'posthouse', 'ready')`,
)

/** Reads how the store stands. */
export async function vitalSigns(database: Database): Promise<VitalSigns> {
  const [[queue], [size], [backup]] = await Promise.all([
    database.query(queueSigns),
    database.query(databaseSize),
    database.query(lastBackup),
  ])
  if (queue === undefined || size === undefined) throw new Error('Postgres gave no row')
  const [waiting, active, deferred, held, oldest] = queue
  return {
    waiting,
    active,
    deferred,
    held,
    oldestSeconds: oldest ?? undefined,
    databaseBytes: size[0],
    lastBackupAt: backup?.[0],
  }
}

/** Writes and commits, for nothing but to see that it can be done. */
export async function proveWritable(database: Database): Promise<void> {
  const [row] = await database.query(writeStatement)
  if (row?.[0] !== false) throw new Error('the database is read-only')
}
