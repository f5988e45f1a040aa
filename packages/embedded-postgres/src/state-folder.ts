import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { socketName } from './postmaster-file.ts'
import { canEnter, type ServerUser } from './server-user.ts'

/** Where root keeps the database when its own folder is closed to the server's user. */
const systemFolder = '/var/lib/posthouse'

/** `sun_path` holds 108 octets, the last one NUL. */
const maxSocketPath = 107

/** Beginning of the names of socket folders that stand outside of the state folder. */
const socketPrefix = 'posthouse-'

/**
 * The folder of everything that belongs to the embedded server: `postgres` in the data folder, 0700, its user's. Where that user
 * cannot get there (run by root below a 0700 home), it becomes a link to a folder of its own below
 * /var/lib/posthouse (or in the temporary folder, where the data folder is temporary).
 */
export async function openStateFolder(dataDir: string, user: ServerUser): Promise<string> {
  await mkdir(dataDir, { recursive: true })
  const place = path.join(dataDir, 'postgres')
  if (user.isOther) await letThrough(dataDir)
  const exists = await lstat(place).catch(() => undefined)
  if (exists === undefined) await makeFolder(dataDir, place, user)
  const folder = await realpath(place)
  await ownFolder(folder, user)
  if (!(await canEnter(user, folder))) {
    throw new Error(`The user ${user.name}, as whom Postgres runs, cannot enter ${folder}.`)
  }
  return folder
}

/** A 0700 folder for the server's socket with a path short enough: in the state folder, else in the temporary folder. */
export async function openSocketFolder(stateFolder: string, user: ServerUser): Promise<string> {
  const own = path.join(stateFolder, 'run')
  if (fits(own)) {
    await mkdir(own, { recursive: true, mode: 0o700 })
    await ownFolder(own, user)
    return own
  }
  for (const parent of [os.tmpdir(), '/tmp']) {
    if (!fits(path.join(parent, `${socketPrefix}XXXXXX`)) || !(await canEnter(user, parent)))
      continue
    const folder = await mkdtemp(path.join(parent, socketPrefix))
    await ownFolder(folder, user)
    return folder
  }
  throw new Error(
    `No folder for the database's socket has a path of less than ${maxSocketPath} octets.`,
  )
}

/** Removes a socket folder that `openSocketFolder` made elsewhere, if nothing else is in it; the one in the state folder stays. */
export async function removeSocketFolder(folder: string): Promise<void> {
  if (!path.basename(folder).startsWith(socketPrefix)) return
  for (const name of [socketName, `${socketName}.lock`])
    await rm(path.join(folder, name), { force: true })
  await rmdir(folder).catch(() => {})
}

function fits(folder: string): boolean {
  return Buffer.byteLength(path.join(folder, socketName)) <= maxSocketPath
}

async function makeFolder(dataDir: string, place: string, user: ServerUser): Promise<void> {
  if (!user.isOther || (await canEnter(user, dataDir))) {
    await mkdir(place, { mode: 0o700 })
    return
  }
  await symlink(await mkdtemp(await elsewhere(dataDir, user)), place)
}

/** Where a temporary data folder gets another temporary one, so that whoever clears the one finds the other. */
async function elsewhere(dataDir: string, user: ServerUser): Promise<string> {
  const temporary = await realpath(os.tmpdir())
  const isTemporary = (await realpath(dataDir)).startsWith(`${temporary}/`)
  if (isTemporary && (await canEnter(user, temporary))) return path.join(temporary, 'posthouse-db-')
  await mkdir(systemFolder, { recursive: true, mode: 0o711 })
  return path.join(systemFolder, 'postgres-')
}

/** The data folder is ours, its secrets are 0600 files: another user may pass through it, not look into it. */
async function letThrough(dataDir: string): Promise<void> {
  const { mode } = await stat(dataDir)
  if ((mode & 0o001) === 0) await chmod(dataDir, (mode & 0o7777) | 0o011)
}

async function ownFolder(folder: string, user: ServerUser): Promise<void> {
  if (user.isOther) await chown(folder, user.uid, user.gid)
  await chmod(folder, 0o700)
}
