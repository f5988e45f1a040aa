import { createReadStream } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { migrate } from '../migrate.ts'
import { readMigrations } from '../migrations.ts'
import { silentLog, type StoreLog } from '../store-log.ts'
import { sqlState } from '../unavailable.ts'
import { quoted, withBackupClient } from './backup-client.ts'
import { readManifest, UnfitBackup, type BackedUpTable, type Manifest } from './manifest.ts'
import { MeasuredStream } from './measured-stream.ts'
import { faultOf, mismatchOf } from './verify-backup.ts'

/** What to restore, and into which database. */
export interface RestoreRequest {
  /** The database: one without domains and mail. */
  readonly url: string
  readonly folder: string
  readonly log?: StoreLog
  /** Called often: octets read so far, of so many. */
  readonly told?: (done: number, total: number) => void
  /** Gives it up: the database stays empty. */
  readonly signal?: AbortSignal | undefined
}

/** What came of it. */
export interface Restored {
  readonly manifest: Manifest
  /** Recipients in the queue that wait for a person's word: they may have got their mail since the backup. */
  readonly held: number
}

const emptyText = `SELECT NOT EXISTS (SELECT FROM domain) AND NOT EXISTS (SELECT FROM account)
  AND NOT EXISTS (SELECT FROM content) AS "isEmpty"`

/**
 * Fills an empty database from a backup, in one transaction: all of it or nothing. UIDs and UIDVALIDITY are what they were (the
 * next UIDs jump when the store is opened: clients may have seen some that the backup does not know). A backup of an older
 * schema is brought to ours afterwards.
 *
 * @throws UnfitBackup, StoreUnavailable
 */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { url, folder, log = silentLog, signal } = request
  const manifest = await readManifest(folder)
  await refuseForeignSchema(manifest)
  await withBackupClient(url, (client) => makeRoom(client, manifest))
  await migrate(url, log, manifest.migrations.length)
  const held = await withBackupClient(
    url,
    async (client) => {
      const count = await fill(client, manifest, request)
      // All is committed: without statistics it is slow for a while, no more.
      await client.query('ANALYZE').catch(() => undefined)
      return count
    },
    signal,
  )
  await migrate(url, log)
  return { manifest, held }
}

/** The schema that the rows fit must be one of ours. */
async function refuseForeignSchema({ migrations, version }: Manifest): Promise<void> {
  const ours = await readMigrations()
  const isOurs = migrations.every(({ name, checksum }, i) => {
    return ours[i]?.name === name && ours[i].checksum === checksum
  })
  if (!isOurs) {
    throw new UnfitBackup(
      `The backup was made by Posthouse ${version}, whose schema this version does not know: restore it with that one.`,
    )
  }
}

/** Refuses a database that is in use; one whose schema is newer than the backup's, and empty, begins again. */
async function makeRoom(client: Client, { migrations }: Manifest): Promise<void> {
  await refuseBusy(client)
  try {
    await refuseFull(client)
    const { rows } = await client.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM schema_migration',
    )
    if ((rows[0]?.count ?? 0) <= migrations.length) return
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  } catch (error) {
    // undefined_table: nothing there at all.
    if (sqlState(error) !== '42P01') throw error
  }
}

const busyText = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND application_name LIKE 'posthouse %' AND pid <> pg_backend_pid()) AS "isBusy"`

/** Apps that run would see half of it, and might write. */
async function refuseBusy(client: Client): Promise<void> {
  const { rows } = await client.query<{ isBusy: boolean }>(busyText)
  if (rows[0]?.isBusy !== true) return
  throw new UnfitBackup('Posthouse runs on this database: stop it everywhere first.')
}

async function refuseFull(client: Client): Promise<void> {
  const { rows } = await client.query<{ isEmpty: boolean }>(emptyText)
  if (rows[0]?.isEmpty !== true) {
    throw new UnfitBackup(
      'The database is not empty: a backup is restored into one without domains, accounts and mail.',
    )
  }
}

async function fill(client: Client, manifest: Manifest, request: RestoreRequest): Promise<number> {
  const { folder, told = () => undefined, signal } = request
  const total = manifest.tables.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  await client.query('BEGIN')
  try {
    const names = manifest.tables.map(({ name }) => quoted(name)).join(', ')
    await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`)
    await refuseFull(client)
    // Rows that migrations made are in the backup.
    await client.query(`TRUNCATE ${names}`)
    for (const table of manifest.tables) {
      await fillTable(client, table, folder, {
        told: (bytes) => told((done += bytes), total),
        signal,
      })
    }
    for (const { name, last } of manifest.sequences) {
      if (last === null) continue
      await client.query('SELECT setval($1::regclass, $2::bigint)', [quoted(name), last])
    }
    const held = await client.query(holdText(manifest))
    await client.query(renameText)
    await client.query('COMMIT')
    return held.rowCount ?? 0
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function fillTable(
  client: Client,
  table: BackedUpTable,
  folder: string,
  {
    told,
    signal,
  }: { readonly told: (bytes: number) => void; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { name, columns, rows, file } = table
  const into = `${quoted(name)} (${columns.map(quoted).join(', ')})`
  const sink = client.query(copyFrom(`COPY ${into} FROM STDIN (FORMAT binary)`))
  const read = new MeasuredStream(told)
  try {
    const source = createReadStream(path.join(folder, file))
    await pipeline(source, read, createZstdDecompress(), sink)
  } catch (error) {
    signal?.throwIfAborted()
    const because = await faultOf(folder, table)
    if (because === undefined) throw error
    throw new UnfitBackup(`${file} is damaged (${because}): nothing was restored.`)
  }
  if (mismatchOf(read, table) !== undefined || sink.rowCount !== rows) {
    throw new UnfitBackup(`${file} is damaged: nothing was restored.`)
  }
}

/**
 * The store takes itself for another one when it is opened, in the same Postgres too: clients may have seen UIDs that the backup
 * does not know.
 */
const renameText = `UPDATE lineage SET name = 'restored from a backup'`

/** What was sent since the backup must not be sent again without a word. */
function holdText({ tables }: Manifest): string {
  const hasReason = tables.some(
    ({ name, columns }) => name === 'queue_recipient' && columns.includes('held_because'),
  )
  const reason = hasReason
    ? `, held_at = now(), held_by = 'operator', held_because = 'restored from a backup'`
    : ''
  return `UPDATE queue_recipient SET state = 'held', lease = NULL, worker = NULL${reason}
    WHERE state = 'waiting'`
}
