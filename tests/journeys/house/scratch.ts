import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** A folder for a client's configuration and mail. */
export interface Scratch {
  readonly folder: string
  /** Writes a file that only its owner reads, as clients demand of files with passwords; returns its path. */
  write(name: string, lines: readonly string[]): Promise<string>
  remove(): Promise<void>
}

/** Makes a folder that is removed by {@link Scratch.remove}. */
export async function makeScratch(): Promise<Scratch> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'client-'))
  return {
    folder,
    async write(name, lines) {
      const file = path.join(folder, name)
      await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
      return file
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
