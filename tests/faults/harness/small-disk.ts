import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Why no file system can be mounted here; undefined when it can. */
export function whyNoDisk(): string | undefined {
  if (process.platform !== 'linux') return 'only on Linux'
  if (process.getuid?.() !== 0) return 'only root may mount a file system'
  const folder = path.join(os.tmpdir(), `faults-mount-${process.pid}`)
  const script = `mkdir -p "$0" && truncate -s 16M "$0/image" && mkfs.ext4 -q "$0/image" && mount -o loop "$0/image" "$0"`
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', script, folder], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this machine lets nobody mount a file system'
  } finally {
    execFileSync('rm', ['-rf', folder])
  }
}

/** A file system of the database's own, in a file, that can be filled to the last block. */
export class SmallDisk {
  readonly #folder: string
  readonly #place: string

  private constructor(folder: string, place: string) {
    this.#folder = folder
    this.#place = place
  }

  /** Mounted where the embedded Postgres of a data folder is going to be. */
  static async mount(dataDir: string): Promise<SmallDisk> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'faults-disk-'))
    const [image, place] = [path.join(folder, 'image'), path.join(dataDir, 'postgres')]
    await run('truncate', ['-s', '8G', image])
    await run('mkfs.ext4', ['-q', '-m', '0', image])
    await mkdir(place)
    await chmod(dataDir, 0o711)
    await run('mount', ['-o', 'loop', image, place])
    return new SmallDisk(folder, place)
  }

  /** Takes every block that is free, again and again for a while; then gives all of them back. */
  async fillFor(ms: number): Promise<void> {
    const ballast: string[] = []
    for (const end = Date.now() + ms; Date.now() < end;) {
      const file = path.join(this.#place, `ballast-${ballast.length}`)
      ballast.push(file)
      await this.#fill(file)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    for (const file of ballast) await rm(file, { force: true })
  }

  /** The last blocks may go to what describes the file: then half of it is tried, and so on. */
  async #fill(file: string): Promise<void> {
    const { bavail, bsize } = await statfs(this.#place)
    for (let octets = bavail * bsize; octets >= bsize; octets = Math.floor(octets / 2)) {
      const length = ['-l', String(octets), file]
      if (
        await run('fallocate', length).then(
          () => true,
          () => false,
        )
      )
        return
    }
  }

  async unmount(): Promise<void> {
    await run('umount', [this.#place]).catch(() => run('umount', ['-l', this.#place]))
    await rm(this.#folder, { recursive: true, force: true })
  }
}
