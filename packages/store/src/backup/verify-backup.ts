import { createReadStream } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MeasuredStream } from './measured-stream.ts'
import { readManifest, type BackedUpFile, type Manifest } from './manifest.ts'

/** What a look at a backup came to: what is wrong, file by file; empty when it is whole. */
export interface BackupCheck {
  readonly manifest: Manifest
  readonly faults: readonly { readonly file: string; readonly because: string }[]
}

/**
 * Reads a whole backup and holds every octet against its checksum.
 *
 * @throws UnfitBackup where it does not even say what it holds
 */
export async function verifyBackup(
  folder: string,
  told: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<BackupCheck> {
  const manifest = await readManifest(folder)
  const parts = [...manifest.tables, ...manifest.files]
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  const faults: { file: string; because: string }[] = []
  for (const part of parts) {
    const because = await faultOf(folder, part, (bytes) => told((done += bytes), total), signal)
    signal?.throwIfAborted()
    if (because !== undefined) faults.push({ file: part.file, because })
  }
  return { manifest, faults }
}

type Part = Pick<BackedUpFile, 'file' | 'bytes' | 'sha256'>

/** What is wrong with a file of a backup; undefined where nothing is. */
export async function faultOf(
  folder: string,
  part: Part,
  told: (bytes: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const read = new MeasuredStream(told)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    await pipeline(createReadStream(path.join(folder, part.file)), read, nowhere, { signal })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return mismatchOf(read, part)
}

/** Whether what was read is what was written. */
export function mismatchOf(read: MeasuredStream, part: Part): string | undefined {
  if (read.bytes !== part.bytes) return `${read.bytes} octets, and ${part.bytes} were written`
  return read.sha256() === part.sha256 ? undefined : 'its octets are not those that were written'
}
