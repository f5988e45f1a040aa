import { rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { clusterProcesses, readPostmasterFile, socketName } from './postmaster-file.ts'

/** How long each way of stopping is given: together well under ten seconds. */
const fastMs = 5_000
const immediateMs = 1_500
const killMs = 2_000

/**
 * Stops whatever server works in this data folder, and waits until no process of it is left: fast shutdown (SIGINT: sessions
 * end, what is in memory is written), then immediate (SIGQUIT), then SIGKILL for every process, stopped ones included. The
 * last two mean a recovery at the next start, and no loss. Returns whether there was anything to stop.
 */
export async function stopCluster(dataFolder: string): Promise<boolean> {
  const processes = await clusterProcesses(dataFolder)
  if (processes.length === 0) {
    await forgetDeadPostmaster(dataFolder)
    return false
  }
  const file = await readPostmasterFile(dataFolder)
  if (file !== undefined && processes.includes(file.pid)) {
    signal([file.pid], 'SIGINT')
    if (await isGone(dataFolder, fastMs)) return true
    signal([file.pid], 'SIGQUIT')
    if (await isGone(dataFolder, immediateMs)) return true
  } else if (await isGone(dataFolder, immediateMs)) {
    // The postmaster was killed; its children notice and end by themselves.
    await forgetDeadPostmaster(dataFolder)
    return true
  }
  signal(await clusterProcesses(dataFolder), 'SIGKILL')
  if (!(await isGone(dataFolder, killMs))) throw new Error('A Postgres process cannot be ended')
  await forgetDeadPostmaster(dataFolder)
  return true
}

/**
 * Removes the files of a postmaster that is no more. Postgres itself would refuse to start while some process has the old
 * number: a stranger's after a reboot, or a zombie that nobody collects. Only called when no process works in the folder: then
 * nobody can share its memory either.
 */
async function forgetDeadPostmaster(dataFolder: string): Promise<void> {
  const file = await readPostmasterFile(dataFolder)
  if (process.platform !== 'linux' || file === undefined) return
  if (file.socketFolder.startsWith('/')) {
    for (const name of [socketName, `${socketName}.lock`]) {
      await rm(path.join(file.socketFolder, name), { force: true })
    }
  }
  await rm(path.join(dataFolder, 'postmaster.pid'), { force: true })
}

async function isGone(dataFolder: string, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  for (;;) {
    if ((await clusterProcesses(dataFolder)).length === 0) return true
    if (performance.now() > deadline) return false
    await sleep(20)
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // ESRCH: it ended meanwhile.
    }
  }
}
