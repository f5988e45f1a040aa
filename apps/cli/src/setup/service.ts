import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CliError } from '../cli-error.ts'
import { giveTree, type Owner } from './give-tree.ts'

const run = promisify(execFile)
const user = 'posthouse'
const unitFile = '/etc/systemd/system/posthouse.service'
/** Where the unit in `infra` says that we stand. */
const usualRoot = '/opt/posthouse'
const root = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '')

/** Makes the user that the service runs as. True where there was none. */
export async function ensureUser(home: string): Promise<boolean> {
  if ((await idsOf().catch(() => undefined)) !== undefined) return false
  const shell = ['--shell', '/usr/sbin/nologin']
  await run('useradd', ['--system', '--user-group', '--home-dir', home, ...shell, user])
  return true
}

/** @throws CliError where the service's user cannot read the program */
export async function refuseUnreadable(): Promise<void> {
  if (await isReadable(path.join(root, 'apps/cli/bin/posthouse.js'))) return
  throw unreadable(root, `move it to ${usualRoot} and run setup there, or give --no-service`)
}

/** @throws CliError naming the first file that the service's user cannot read */
export async function refuseUnreadableFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (await isReadable(file)) continue
    throw unreadable(file, `give it to that user, or to its group, and run setup again`)
  }
}

function isReadable(file: string): Promise<boolean> {
  return run('runuser', ['-u', user, '--', 'test', '-r', file]).then(
    () => true,
    () => false,
  )
}

function unreadable(place: string, hint: string): CliError {
  return new CliError('conflict', 'setup.unreadable', `The user ${user} cannot read ${place}`, hint)
}

/** Gives files and folders to the service's user, whole trees. */
export async function giveToUser(...places: readonly string[]): Promise<void> {
  const owner = await idsOf()
  for (const place of places) await giveTree(place, owner)
}

/** Installs and starts the unit; says whether it was started now. */
export async function startService(configFile: string): Promise<void> {
  const template = await readFile(path.join(root, 'infra/systemd/posthouse.service'), 'utf8')
  const unit = template
    .replaceAll(usualRoot, root)
    .replaceAll('/etc/posthouse/posthouse.toml', configFile)
    // The Node that runs this is the one that runs the server.
    .replace('Environment=PATH=', `Environment=PATH=${path.dirname(process.execPath)}:`)
  await writeFile(unitFile, unit, { mode: 0o644 })
  await run('systemctl', ['daemon-reload'])
  await run('systemctl', ['enable', '--now', 'posthouse.service'])
}

async function idsOf(): Promise<Owner> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (option) => Number((await run('id', [option, user])).stdout)),
  )
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${user}`)
  return { uid, gid }
}
