import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { isAlive } from './postmaster-file.ts'

/** The data folder is in use by a Posthouse that lives. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning'
  readonly pid: number

  constructor(pid: number) {
    super(`Posthouse is running on this data folder already (process ${pid}).`)
    this.pid = pid
  }
}

interface Holder {
  readonly pid: number
  /** When the process was started, as the kernel counts: a number alone may have been given to another process. */
  readonly started: string
}

/**
 * Makes this process the only supervisor of a folder, until it releases the lock or dies. Throws AlreadyRunning where another
 * one lives. A lock left by a dead process is taken over.
 */
export async function lockSupervisor(folder: string): Promise<() => Promise<void>> {
  const lock = path.join(folder, 'supervisor')
  const mine: Holder = { pid: process.pid, started: await startOf(process.pid) }
  const text = JSON.stringify(mine)
  const draft = `${lock}.${process.pid}`
  await writeFile(draft, text, { mode: 0o600 })
  try {
    while (!(await isLinked(draft, lock))) await clearStale(lock)
  } finally {
    await rm(draft, { force: true })
  }
  return async () => {
    const current = await readFile(lock, 'utf8').catch(() => '')
    if (current === text) await rm(lock, { force: true })
  }
}

async function isLinked(draft: string, lock: string): Promise<boolean> {
  try {
    await link(draft, lock)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function clearStale(lock: string): Promise<void> {
  const text = await readFile(lock, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const holder = parse(text)
  if (
    holder !== undefined &&
    isAlive(holder.pid) &&
    (await startOf(holder.pid)) === holder.started
  ) {
    throw new AlreadyRunning(holder.pid)
  }
  // Only one process can move a file; if that moved another's fresh lock, it is put back.
  const aside = `${lock}.stale.${process.pid}`
  const isMoved = await rename(lock, aside).then(
    () => true,
    () => false,
  )
  if (!isMoved) return
  if ((await readFile(aside, 'utf8')) !== text) await isLinked(aside, lock)
  await rm(aside, { force: true })
}

function parse(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) {
      return undefined
    }
    const { pid, started } = value
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/PID/stat; empty where there is no /proc. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
