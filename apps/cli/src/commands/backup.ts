import path from 'node:path'
import {
  createBackup,
  restoreBackup,
  UnfitBackup,
  verifyBackup,
  type Manifest,
} from '@posthouse/store'
import { confirmByName } from '../ask.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { configOf, sourceOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { interrupted, stopOnInterrupt } from '../interruption.ts'
import { Progress } from '../output/progress.ts'
import { dateTime, integer, listOf, object, string } from '../output/shape.ts'
import { readStatus } from '../up/state-file.ts'
import { version } from '../version.ts'
import { useStore, withDatabase } from '../with-store.ts'
import { filesBesideDatabase, putFiles } from './backup-files.ts'

const backupShapes = {
  folder: string,
  madeAt: dateTime,
  version: string,
  rows: integer,
  bytes: integer,
  files: integer,
} as const

/** What `backup create` made. */
const backupKind = kind('Backup', 'everything in one folder', backupShapes)

/** What `backup verify` found. */
const backupCheckKind = kind('BackupCheck', 'a backup, and what is wrong with it', {
  ...backupShapes,
  faults: listOf(object({ file: string, because: string })),
})

/** What `backup restore` did. */
const backupRestoredKind = kind('BackupRestored', 'a backup that is in place again', {
  ...backupShapes,
  held: integer,
  put: listOf(string),
  left: listOf(string),
})

/** `posthouse backup create FOLDER`. */
export async function createBackupCommand(folder: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const files = filesBesideDatabase(configOf(options), sourceOf(options))
  const begun = { verb: 'read', stopped: `Stopped: nothing of ${folder} is left` }
  const manifest = await withProgress(options, begun, ({ told, signal }) =>
    withDatabase(options, async (where) => {
      const made = await createBackup({
        url: where.database,
        folder,
        files,
        version: version(),
        told,
        signal,
      })
      // For `doctor`, which asks how old the last one is.
      const details = { folder: path.resolve(folder), madeAt: made.madeAt }
      await useStore(where, (store) =>
        store.audit.write(commandLineActor(), 'backup.created', 'backup', details),
      )
      return made
    }),
  )
  terminal.object(backupKind, itemOf(folder, manifest))
  terminal.talk(`${folder} holds ${wordsOf(manifest)}.`)
  if (files.some(({ name }) => name.includes('key')))
    terminal.talk('It holds keys: keep it where nobody else reads.')
  terminal.next(`posthouse backup verify ${folder}`)
}

/** `posthouse backup verify FOLDER`: exit code 3 where it is not whole. */
export async function verifyBackupCommand(folder: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const begun = { verb: 'checked', stopped: 'Stopped before all of it was read' }
  const { manifest, faults } = await withProgress(options, begun, ({ told, signal }) =>
    verifyBackup(folder, told, signal),
  )
  const item = itemOf(folder, manifest)
  terminal.object(backupCheckKind, { ...item, fields: { ...item.fields, faults } })
  if (faults.length === 0) return terminal.talk(`${folder} is whole: ${wordsOf(manifest)}.`)
  for (const { file, because } of faults) terminal.talk(`✖ ${file}: ${because}`)
  terminal.talk(`${folder} is not whole. Make another one while you can.`)
  terminal.next('posthouse backup create NEW-FOLDER')
  process.exitCode = exitCodes.checkFailed
}

/** `posthouse backup restore FOLDER`: into an empty database, while nothing runs. */
export async function restoreBackupCommand(
  folder: string,
  options: ChangeOptions & { readonly confirm?: string | undefined },
): Promise<void> {
  if (options.dryRun === true) return verifyBackupCommand(folder, options)
  const terminal = terminalOf(options)
  const config = configOf(options)
  if ((await readStatus(config.dataDir)) !== undefined)
    throw new CliError('conflict', 'backup.running', 'Posthouse runs on this data folder: stop it')
  const warning = `${folder} goes into the database of ${config.dataDir}.`
  await confirmByName({ warning, name: folder, given: options.confirm }, options)
  const begun = { verb: 'restored', stopped: 'Stopped: the database is empty, as before' }
  const { manifest, held } = await withProgress(options, begun, ({ told, signal }) =>
    withDatabase(options, ({ database }) => restoreBackup({ url: database, folder, told, signal })),
  )
  const { put, left } = await putFiles(path.resolve(folder), manifest, config, sourceOf(options))
  const item = itemOf(folder, manifest)
  terminal.object(backupRestoredKind, { ...item, fields: { ...item.fields, held, put, left } })
  terminal.talk(`Restored: ${wordsOf(manifest)}.`)
  if (put.length > 0) terminal.talk(`Put in place: ${put.join(', ')}.`)
  if (left.length > 0) terminal.talk(`Left as they are: ${left.join(', ')}.`)
  if (held > 0)
    terminal.talk(
      `${held} recipients are held in the queue: they may have got their mail since the backup.`,
    )
  terminal.next('posthouse store check', 'posthouse up')
}

/** Long work under way. */
interface Watch {
  readonly told: (done: number, total: number) => void
  readonly signal: AbortSignal
}

/** Runs long work, which Ctrl-C stops; a backup that does not fit is told in its own words. */
async function withProgress<T>(
  options: CommonOptions,
  { verb, stopped }: { readonly verb: string; readonly stopped: string },
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const terminal = terminalOf(options)
  const signal = stopOnInterrupt(terminal)
  const progress = new Progress(terminal)
  const told = (done: number, total: number): void => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total)
    progress.tell(`${mebibytes(done)} MiB ${verb}, ${percent} %`, { done, total })
  }
  try {
    return await work({ told, signal })
  } catch (error) {
    if (signal.aborted) throw interrupted(stopped, 'the same command begins anew')
    if (error instanceof UnfitBackup)
      throw new CliError('conflict', 'backup.unfit', error.message, 'posthouse backup --help')
    throw error
  } finally {
    progress.end()
  }
}

function itemOf(folder: string, manifest: Manifest) {
  const { madeAt, tables, files } = manifest
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    id: folder,
    fields: {
      folder,
      madeAt,
      version: manifest.version,
      rows,
      bytes: bytesOf(manifest),
      files: files.length,
    },
  }
}

function wordsOf(manifest: Manifest): string {
  const rows = (name: string): number =>
    manifest.tables.find((table) => table.name === name)?.rows ?? 0
  const mail = `${rows('account')} accounts and ${rows('message')} messages`
  return `${mail}, ${mebibytes(bytesOf(manifest))} MiB, as of ${manifest.madeAt}`
}

function bytesOf({ tables, files }: Manifest): number {
  return [...tables, ...files].reduce((sum, { bytes }) => sum + bytes, 0)
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
