import type { Database } from './database.ts'
import { FilterSettings } from './filter-settings.ts'
import { statement, tupleStatement } from './statement.ts'

/** Copies of one transaction. */
const batch = 1_000

const purgeStatement = statement(
  'quarantine_purge',
  `WITH old AS (
    SELECT quarantine_id FROM quarantine WHERE kept_at < now() - make_interval(secs => $1)
    ORDER BY kept_at LIMIT ${batch} FOR UPDATE SKIP LOCKED
  )
  DELETE FROM quarantine k USING old WHERE k.quarantine_id = old.quarantine_id`,
)

/** Erases what was kept aside for longer than this; gives how many. Contents go when nothing refers to them. */
export async function purgeKept(database: Database, olderThanSeconds: number): Promise<number> {
  let erased = 0
  for (;;) {
    const count = await database.execute(purgeStatement, [olderThanSeconds])
    erased += count
    if (count < batch) return erased
  }
}

const daysStatement = tupleStatement<readonly [string, string]>(
  'quarantine_days',
  `SELECT name, value FROM filter_setting WHERE name = 'quarantine.days'`,
)

/** Erases what was kept for longer than the installation's setting says. */
export async function purgeOverdue(database: Database): Promise<number> {
  const settings = new FilterSettings(new Map(await database.query(daysStatement)))
  return purgeKept(database, settings.get('quarantine.days') * 24 * 60 * 60)
}
