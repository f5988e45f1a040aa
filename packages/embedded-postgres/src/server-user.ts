import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The operating system's user that the server runs as. Postgres refuses to run as root. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** True where it is another user than ours, which only root can arrange. */
  readonly isOther: boolean
}

/**
 * Ourselves; as root the user `posthouse`, if there is one, else `nobody` (development only: it owns nothing, and whoever else
 * runs as `nobody` can reach the data).
 */
export async function serverUser(): Promise<ServerUser> {
  const uid = process.getuid?.() ?? -1
  const gid = process.getgid?.() ?? -1
  if (uid !== 0) return { name: String(uid), uid, gid, isOther: false }
  const user = (await lookUp('posthouse')) ?? (await lookUp('nobody'))
  if (user === undefined) {
    throw new Error(
      'Postgres must not run as root: create a user `posthouse`, or start as another user.',
    )
  }
  return user
}

/** How a child is started as that user. */
export function spawnAs(user: ServerUser): { readonly uid?: number; readonly gid?: number } {
  return user.isOther ? { uid: user.uid, gid: user.gid } : {}
}

/** Whether the user can enter this folder, and so everything above it. */
export async function canEnter(user: ServerUser, folder: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...spawnAs(user), cwd: '/' })
    return true
  } catch {
    return false
  }
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout), isOther: true }
  } catch {
    return undefined
  }
}
