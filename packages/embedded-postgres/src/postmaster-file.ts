import { execFile } from 'node:child_process'
import { readFile, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What `postmaster.pid` in a data folder says (miscadmin.h, LOCK_FILE_LINE_*). */
export interface PostmasterFile {
  readonly pid: number
  readonly socketFolder: string
  /** `starting`, `stopping`, `ready`, `standby`; empty while the server writes it. */
  readonly status: string
}

/** The server's socket in its folder; the number is that of the `port` setting. */
export const socketName = '.s.PGSQL.5432'

/** Reads `postmaster.pid`; undefined when there is none, or no number in it yet. */
export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(path.join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  return { pid, socketFolder: lines[4]?.trim() ?? '', status: lines[7]?.trim() ?? '' }
}

/**
 * The processes of the cluster in this data folder: every server process works in it, and nothing else does. A process id
 * alone proves nothing after a reboot. Elsewhere than on Linux the postmaster alone is found.
 */
export async function clusterProcesses(dataFolder: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const folder = await readlink(`/proc/${name}/cwd`).catch(() => undefined)
    if (folder === dataFolder || folder === `${dataFolder} (deleted)`) found.push(Number(name))
  }
  if (found.length > 0 || process.platform === 'linux') return found
  const file = await readPostmasterFile(dataFolder)
  return file !== undefined && (await isServer(file.pid, dataFolder)) ? [file.pid] : []
}

/** Whether this process is a server on this folder, by its command line. */
async function isServer(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  const ps = await run('ps', ['-p', String(pid), '-o', 'command=']).catch(() => undefined)
  return ps?.stdout.includes('postgres') === true && ps.stdout.includes(dataFolder)
}

/** Whether a process of this id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
