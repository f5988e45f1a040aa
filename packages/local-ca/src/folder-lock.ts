import { mkdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Longer than any holder needs: whoever held it so long has died. */
const staleMs = 30_000

const retryMs = 20

/**
 * Runs `work` while no other process does so for this folder. The lock is a folder inside it, which
 * only one can make. One that was left by a process that died is taken over after 30 s.
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, '.tls-lock')
  while (!(await take(lock))) await pause(retryMs)
  try {
    return await work()
  } finally {
    await rmdir(lock)
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    await removeStale(lock)
    return false
  }
}

async function removeStale(lock: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(lock)
    if (Date.now() - mtimeMs > staleMs) await rmdir(lock)
  } catch (error) {
    // Somebody else was faster.
    if (!isCode(error, 'ENOENT')) throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
