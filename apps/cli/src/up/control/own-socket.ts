import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Log } from '@posthouse/telemetry'
import { openControlSocket, type ControlSocket } from './control-socket.ts'
import { ownSocketShape } from './control-place.ts'
import type { ControlTree } from './control-tree.ts'

/**
 * The control socket of an app that runs by itself (under systemd, say), which no `up` asks. Named after the process: nothing
 * claims the data folder for it, and another one may run there. Those of dead processes go. Without it the app runs, too.
 */
export async function openOwnSocket(
  app: string,
  dataDir: string,
  tree: ControlTree,
  log: Log,
): Promise<ControlSocket | undefined> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    for (const name of await readdir(dataDir)) {
      const [, owner, pid] = ownSocketShape.exec(name) ?? []
      if (owner === app && !isAlive(Number(pid)))
        await rm(path.join(dataDir, name), { force: true })
    }
    return await openControlSocket(dataDir, tree, log, `control-${app}-${process.pid}.sock`)
  } catch (error) {
    log.warn('control.absent', { error })
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
