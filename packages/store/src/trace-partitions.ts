import type { Database } from './database.ts'
import { tupleStatement, unnamed, type Transaction } from './statement.ts'
import { sqlState } from './unavailable.ts'

/** How long events are kept, in days. */
export const traceDays = 30
/** So many days have their partition ahead of time: housekeeping may be away over a weekend. */
const daysAhead = 4

const aloneStatement = tupleStatement<readonly [boolean]>(
  'trace_alone',
  `SELECT pg_try_advisory_xact_lock(hashtextextended('trace partitions', 0))`,
)
/** Tables with a partition per day, kept for one time: what happened, and what the filter said of it. */
const dailyTables = ['trace', 'verdict'] as const
type DailyTable = (typeof dailyTables)[number]

const partitionsStatement = tupleStatement<readonly [string, boolean]>(
  'trace_partitions',
  `SELECT c.relname, right(c.relname, 8) < to_char((now() - make_interval(days => $1)) AT TIME ZONE 'UTC', 'YYYYMMDD')
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent IN ('trace'::regclass, 'verdict'::regclass) AND c.relname ~ '^(trace|verdict)_[0-9]{8}$'`,
)
const daysStatement = tupleStatement<readonly [string, string, string]>(
  'trace_days',
  `SELECT to_char(d, 'YYYYMMDD'), to_char(d, 'YYYY-MM-DD'), to_char(d + 1, 'YYYY-MM-DD')
  FROM generate_series(0, $1::int) AS n
  CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date + n AS d) AS day`,
)
const trimStatement = tupleStatement<readonly [number]>(
  'trace_trim_rest',
  `WITH verdicts AS (DELETE FROM verdict_rest WHERE at < now() - make_interval(days => $1))
  DELETE FROM trace_rest WHERE at < now() - make_interval(days => $1) RETURNING 1`,
)
/** Never longer in the way of those who write: what cannot be had at once is had in the next round. */
const patience = unnamed(`SET LOCAL lock_timeout = '500ms'`)

/** Makes the partitions of the next days and drops those whose time is over. Safe to run in many processes. */
export async function keepTracePartitions(database: Database, days = traceDays): Promise<void> {
  const known = new Map(await database.query(partitionsStatement, [days]))
  for (const [day, from, to] of await database.query(daysStatement, [daysAhead])) {
    for (const table of dailyTables) {
      if (known.has(`${table}_${day}`)) continue
      await alone(database, (tx) => make(tx, table, day, [from, to]))
    }
  }
  for (const [name, isOver] of known) if (isOver) await alone(database, (tx) => drop(tx, name))
  await database.query(trimStatement, [days])
}

/** ATTACH, unlike CREATE … PARTITION OF, does not keep writers of other partitions waiting. */
async function make(
  tx: Transaction,
  table: DailyTable,
  day: string,
  [from, to]: readonly [string, string],
): Promise<void> {
  const name = `${table}_${day}`
  const how = 'INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE'
  await tx.execute(unnamed(`CREATE TABLE ${name} (LIKE ${table} ${how})`))
  await tx.execute(
    unnamed(
      `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from} 00:00:00+00') TO ('${to} 00:00:00+00')`,
    ),
  )
}

async function drop(tx: Transaction, name: string): Promise<void> {
  await tx.execute(unnamed(`DROP TABLE ${name}`))
}

/** Another process at it, a lock that is not to be had, rows of that day in trace_rest: all of that may wait, or stay so. */
async function alone(database: Database, work: (tx: Transaction) => Promise<void>): Promise<void> {
  try {
    await database.transact(async (tx) => {
      await tx.execute(patience)
      const [row] = await tx.query(aloneStatement)
      if (row?.[0] === true) await work(tx)
    })
  } catch (error) {
    const state = sqlState(error)
    // lock_not_available, check_violation, duplicate_table, undefined_table
    if (state === undefined || !['55P03', '23514', '42P07', '42P01'].includes(state)) throw error
  }
}
