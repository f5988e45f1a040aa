import { closeSync, constants, openSync } from 'node:fs'
import path from 'node:path'

// What both ends know of the sockets. Who only asks loads nothing else.

/** Where a data folder's suite is asked. */
export const controlName = 'control.sock'

/** `control-APP-PID.sock`: of an app that runs by itself. */
export const ownSocketShape = /^control-([a-z0-9]+)-(\d+)\.sock$/

/** True for the control socket of an app that runs by itself. */
export function isOwnSocket(name: string): boolean {
  return ownSocketShape.test(name)
}

/** The longest name beside `controlName`: `control-submission-4194304.sock`. */
const longestName = 'control-submission-4194304.sock'

/** The longest path that a socket's address holds, Linux's and the BSDs', with the zero behind it. */
const longestPath = 103

/** The folder by a path that is short enough for a socket's address; `leave` when it is needed no more. */
export function reachable(dataDir: string): { readonly path: string; leave(): void } {
  const isShort = Buffer.byteLength(path.join(dataDir, longestName)) <= longestPath
  if (isShort || process.platform !== 'linux') return { path: dataDir, leave: () => undefined }
  const handle = openSync(dataDir, constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${handle}`, leave: () => closeSync(handle) }
}
