import { Client } from 'pg'

import { clientConfig, databaseLimits } from './connections.ts'
import {
  pendingMigrations,
  readMigrations,
  type AppliedMigration,
  type Migration,
} from './migrations.ts'
import { checkServer, serverSettingsText, type ServerSettings } from './server-check.ts'
import { silentLog, type StoreLog } from './store-log.ts'
import { storeError } from './unavailable.ts'

/** What `migrate` did. */
export interface MigrationReport {
  /** The steps taken now, by name; empty when the schema was current. */
  readonly applied: readonly string[]
  /** The number of the last step. */
  readonly version: number
}

/** Session-level advisory lock of all migrations ("post" in ASCII). */
const migrationLock = 0x706f7374

/** Longest step, and longest wait for another process that migrates. */
const patienceMs = 30 * 60_000

/**
 * Brings the database to this version's schema. Processes that start together take turns (advisory lock); each step is one
 * transaction, noted with its name and checksum. With `upTo` only as far as that step: for a backup of an older schema. Throws SchemaMismatch, UnsuitableDatabase, or StoreUnavailable.
 */
export async function migrate(
  url: string,
  log: StoreLog = silentLog,
  upTo = Infinity,
): Promise<MigrationReport> {
  const migrations = await readMigrations()
  const limits = { ...databaseLimits, statementMs: patienceMs, lockMs: patienceMs }
  const client = new Client(clientConfig(url, 'migrate', limits))
  client.on('error', () => {})
  try {
    await client.connect()
    const settings = await client.query<ServerSettings>(serverSettingsText)
    const [server] = settings.rows
    if (server !== undefined) checkServer(server, true)
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock])
    const pending = pendingMigrations(migrations, await appliedMigrations(client))
    const wanted = pending.filter(({ number }) => number <= upTo)
    for (const migration of wanted) await apply(client, migration, log)
    return { applied: wanted.map(({ name }) => name), version: Math.min(upTo, migrations.length) }
  } catch (error) {
    throw storeError(error)
  } finally {
    // Ends the session, and the lock with it.
    await client.end()
  }
}

/** The steps a database has taken; none where it is empty. */
export async function appliedMigrations(
  client: Pick<Client, 'query'>,
): Promise<readonly AppliedMigration[]> {
  const exists = await client.query<{ name: string | null }>(
    `SELECT to_regclass('schema_migration')::text AS name`,
  )
  if ((exists.rows[0]?.name ?? null) === null) return []
  const applied = await client.query<AppliedMigration>(
    'SELECT number, name, checksum FROM schema_migration ORDER BY number',
  )
  return applied.rows
}

async function apply(client: Client, migration: Migration, log: StoreLog): Promise<void> {
  const started = performance.now()
  await client.query('BEGIN')
  try {
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    await client.query(migration.sql)
    await client.query(
      'INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)',
      [migration.number, migration.name, migration.checksum],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
  const ms = Math.round(performance.now() - started)
  log.info('store.migrated', { migration: migration.name, ms })
}
