import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { AppliedMigration } from '../migrations.ts'

/** A table in a backup: its rows as Postgres's binary COPY gives them, compressed with zstd. */
export interface BackedUpTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: number
  /** Where it stands, from the backup's folder. */
  readonly file: string
  /** Octets of that file. */
  readonly bytes: number
  /** Of that file, in hex. */
  readonly sha256: string
}

/** A file that is kept beside the database: configuration, keys. */
export interface BackedUpFile {
  /** What it is: `config`, `secret-key` … */
  readonly name: string
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/** A sequence: the next value comes after `last`; null where none was taken. */
export interface BackedUpSequence {
  readonly name: string
  readonly last: number | null
}

/** `manifest.json` of a backup: what it holds and what it must look like. */
export interface Manifest {
  readonly format: 1
  /** RFC 3339, UTC: when its snapshot was taken. */
  readonly madeAt: string
  /** Of Posthouse. */
  readonly version: string
  /** Of Postgres. */
  readonly server: string
  /** The schema that the tables have. */
  readonly migrations: readonly AppliedMigration[]
  /** In an order in which they can be filled. */
  readonly tables: readonly BackedUpTable[]
  readonly sequences: readonly BackedUpSequence[]
  readonly files: readonly BackedUpFile[]
}

/** A backup that is not whole, or none, or one that does not fit here. The message says what to do. */
export class UnfitBackup extends Error {
  override readonly name = 'UnfitBackup'
}

/** Names of the two files that say what a backup is. */
export const manifestFile = 'manifest.json'
export const checksumFile = 'manifest.sha256'

/** The text of both. */
export function manifestTexts(manifest: Manifest): { readonly json: string; readonly sum: string } {
  const json = `${JSON.stringify(manifest, null, 2)}\n`
  // As sha256sum writes and checks it.
  return { json, sum: `${sha256(json)}  ${manifestFile}\n` }
}

/**
 * Reads a backup's manifest and holds it against its checksum.
 *
 * @throws UnfitBackup
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const [json, sum] = await Promise.all(
    [manifestFile, checksumFile].map((file) => readText(path.join(folder, file))),
  )
  if (json === undefined || sum === undefined) {
    throw new UnfitBackup(`${folder} holds no finished backup: there is no ${manifestFile}.`)
  }
  if (sum !== `${sha256(json)}  ${manifestFile}\n`) {
    throw new UnfitBackup(`${path.join(folder, manifestFile)} was changed or is damaged.`)
  }
  const manifest: unknown = JSON.parse(json)
  if (!isManifest(manifest)) {
    throw new UnfitBackup(`${folder} was made by a newer Posthouse: use that to restore it.`)
  }
  return manifest
}

/** What stands in it was checked when it was written: its checksum is right. */
function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 1
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
