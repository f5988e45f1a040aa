import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type { Client } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { AppliedMigration } from '../migrations.ts'
import { quoted, withBackupClient } from './backup-client.ts'
import {
  checksumFile,
  manifestFile,
  manifestTexts,
  UnfitBackup,
  type BackedUpFile,
  type BackedUpSequence,
  type BackedUpTable,
  type Manifest,
} from './manifest.ts'
import { MeasuredStream } from './measured-stream.ts'

/** What to back up, and where to. */
export interface BackupRequest {
  /** The database. */
  readonly url: string
  /** Must not exist, or be empty. */
  readonly folder: string
  /** Files beside the database, by what they are. */
  readonly files: readonly { readonly name: string; readonly path: string }[]
  /** Of Posthouse. */
  readonly version: string
  /** Called often: octets read so far, of about so many. */
  readonly told?: (done: number, total: number) => void
  /** Gives it up: nothing is left of it. */
  readonly signal?: AbortSignal | undefined
}

/** All tables of ours but the list of migrations; partitions through their parents; generated columns make themselves. */
const tablesText = `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname <> 'schema_migration' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  GROUP BY c.oid, c.relname ORDER BY c.relname`
const referencesText = `SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent
  FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid`
const sequencesText = `SELECT sequencename AS name, last_value::float8 AS last FROM pg_sequences
  WHERE schemaname = 'public' ORDER BY 1`
const sizeText = `SELECT sum(pg_table_size(oid))::float8 AS bytes FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`

/**
 * Copies every table as it stood at one moment, and the files beside the database, into a folder that appears under its name
 * when it is whole. Nobody waits for it: mail comes and goes meanwhile.
 *
 * @throws UnfitBackup where the folder is in use, StoreUnavailable
 */
export async function createBackup(request: BackupRequest): Promise<Manifest> {
  const folder = path.resolve(request.folder)
  const isThere = await isEmptyFolder(folder)
  await mkdir(path.dirname(folder), { recursive: true })
  const aside = await mkdtemp(`${folder}.partial-`)
  try {
    const manifest = await fillFolder(request, aside)
    // Whoever put something into it meanwhile keeps it: this fails then.
    if (isThere) await rmdir(folder)
    await rename(aside, folder)
    await syncFolder(path.dirname(folder))
    return manifest
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
}

/** Whether there is one; false: nothing is there at all. */
async function isEmptyFolder(folder: string): Promise<boolean> {
  try {
    if ((await readdir(folder)).length === 0) return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    if (!isErrno(error, 'ENOTDIR')) throw error
    throw new UnfitBackup(`${folder} is a file: name another folder.`)
  }
  throw new UnfitBackup(`${folder} is not empty: name another folder.`)
}

async function fillFolder(request: BackupRequest, aside: string): Promise<Manifest> {
  await mkdir(path.join(aside, 'tables'), { mode: 0o700 })
  await mkdir(path.join(aside, 'files'), { mode: 0o700 })
  // Secrets first: what the database holds sealed opens with the key that is read now, or with none.
  const files = await copyFiles(request, aside)
  const manifest = await withBackupClient(
    request.url,
    async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const made = await copyTables(client, request, aside)
      await client.query('COMMIT')
      return { ...made, files }
    },
    request.signal,
  )
  const { json, sum } = manifestTexts(manifest)
  await writeDurably(path.join(aside, manifestFile), json)
  await writeDurably(path.join(aside, checksumFile), sum)
  return manifest
}

async function copyTables(
  client: Client,
  { version, told = () => undefined }: BackupRequest,
  aside: string,
): Promise<Omit<Manifest, 'files'>> {
  const rows = async <Row>(text: string): Promise<Row[]> => (await client.query(text)).rows
  // The snapshot is taken by the first of these.
  const [moment] = await rows<{ at: Date; server: string }>(
    `SELECT now() AS at, current_setting('server_version') AS server`,
  )
  const [size] = await rows<{ bytes: number }>(sizeText)
  const migrations = await rows<AppliedMigration>(
    'SELECT number, name, checksum FROM schema_migration ORDER BY number',
  )
  const sequences = await rows<BackedUpSequence>(sequencesText)
  const all = await rows<Pick<BackedUpTable, 'name' | 'columns'>>(tablesText)
  const references = await rows<{ child: string; parent: string }>(referencesText)
  let done = 0
  const tables: BackedUpTable[] = []
  for (const table of inOrder(all, references)) {
    const copied = await copyTable(client, table, aside, (bytes) => {
      done += bytes
      told(done, Math.max(done, size?.bytes ?? 0))
    })
    tables.push(copied)
  }
  return {
    format: 1,
    madeAt: (moment?.at ?? new Date()).toISOString(),
    version,
    server: moment?.server ?? '',
    migrations,
    tables,
    sequences,
  }
}

/** Tables that others refer to come first. */
function inOrder<Table extends { readonly name: string }>(
  tables: readonly Table[],
  references: readonly { readonly child: string; readonly parent: string }[],
): readonly Table[] {
  const left = [...tables]
  const ordered: Table[] = []
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name))
    const at = left.findIndex(
      ({ name }) => !references.some((one) => one.child === name && waiting.has(one.parent)),
    )
    // References in a ring: there are none.
    ordered.push(...left.splice(Math.max(0, at), 1))
  }
  return ordered
}

async function copyTable(
  client: Client,
  { name, columns }: Pick<BackedUpTable, 'name' | 'columns'>,
  aside: string,
  told: (bytes: number) => void,
): Promise<BackedUpTable> {
  const file = path.posix.join('tables', `${name}.copy.zst`)
  const select = `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(name)}`
  const source = client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT binary)`))
  const packed = new MeasuredStream()
  await pipeline(
    source,
    new MeasuredStream(told),
    createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
    packed,
    createWriteStream(path.join(aside, file), { mode: 0o600, flags: 'wx', flush: true }),
  )
  const { bytes } = packed
  return { name, columns, rows: source.rowCount, file, bytes, sha256: packed.sha256() }
}

async function copyFiles(
  { files, signal }: BackupRequest,
  aside: string,
): Promise<readonly BackedUpFile[]> {
  const copied: BackedUpFile[] = []
  for (const { name, path: from } of files) {
    const file = path.posix.join('files', name)
    const whole = new MeasuredStream()
    await pipeline(
      createReadStream(from),
      whole,
      createWriteStream(path.join(aside, file), { mode: 0o600, flags: 'wx', flush: true }),
      { signal },
    )
    copied.push({ name, file, bytes: whole.bytes, sha256: whole.sha256() })
  }
  return copied
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncFolder(path.dirname(file))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
