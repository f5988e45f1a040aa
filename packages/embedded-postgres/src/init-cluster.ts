import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'

import type { Binaries } from './binaries.ts'
import { spawnAs, type ServerUser } from './server-user.ts'

/** The superuser of an embedded cluster, and its database. */
export const clusterUser = 'posthouse'
export const clusterDatabase = 'posthouse'

/** The environment of server processes: nothing of ours leaks in, messages are English. */
export const serverEnvironment: NodeJS.ProcessEnv = {
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** macOS has no C.UTF-8. */
const ctype = process.platform === 'darwin' ? 'UTF-8' : 'C.UTF-8'

const maxOutput = 64 * 1024

/**
 * Makes the cluster in `<stateFolder>/data` unless it is there, and tells its major version. A cluster becomes visible whole:
 * it is made under another name. Without `--lc-ctype` pg_trgm would throw away every letter outside ASCII, which cannot be
 * mended afterwards.
 */
export async function initCluster(
  stateFolder: string,
  binaries: Binaries,
  user: ServerUser,
  isSynced: boolean,
): Promise<{ readonly dataFolder: string; readonly major: number }> {
  const dataFolder = path.join(stateFolder, 'data')
  const server = await majorVersion(binaries, user)
  if (!existsSync(path.join(dataFolder, 'PG_VERSION'))) {
    await create(`${dataFolder}.new`, binaries, user, server, isSynced)
    await rename(`${dataFolder}.new`, dataFolder)
  }
  const version = await readFile(path.join(dataFolder, 'PG_VERSION'), 'utf8')
  const major = Number.parseInt(version, 10)
  if (major !== server) {
    throw new Error(
      `The database in ${dataFolder} was made by Postgres ${major}, and this Posthouse brings Postgres ${server}: dump it with the older version and load it with the newer (see docs).`,
    )
  }
  return { dataFolder, major }
}

async function create(
  folder: string,
  binaries: Binaries,
  user: ServerUser,
  major: number,
  isSynced: boolean,
): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  await run(binaries.initdb, user, [
    `--pgdata=${folder}`,
    `--username=${clusterUser}`,
    '--encoding=UTF8',
    ...locale,
    '--lc-collate=C',
    `--lc-ctype=${ctype}`,
    '--auth=trust',
    '--data-checksums',
    ...(isSynced ? [] : ['--no-sync']),
  ])
  const statement = `CREATE DATABASE ${clusterDatabase}\n`
  const single = ['--single', '-D', folder, '-c', 'exit_on_error=on', 'postgres']
  await run(binaries.postgres, user, single, statement)
}

async function majorVersion(binaries: Binaries, user: ServerUser): Promise<number> {
  const text = await run(binaries.postgres, user, ['--version'])
  const major = /\d+/.exec(text)?.[0]
  if (major === undefined) throw new Error(`Not a Postgres server: ${binaries.postgres}`)
  return Number(major)
}

/** Runs a program to its end as the server's user; its output is in the error when it fails. */
function run(
  program: string,
  user: ServerUser,
  args: readonly string[],
  input = '',
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(program, args, {
    ...spawnAs(user),
    cwd: '/',
    env: { ...serverEnvironment, PATH: `${path.dirname(program)}:${serverEnvironment['PATH']}` },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-maxOutput)
    })
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  child.on('error', reject)
  child.on('close', (code, signal) => {
    if (code === 0) resolve(output)
    else reject(new Error(`${path.basename(program)} failed (${code ?? signal}): ${output.trim()}`))
  })
  return promise
}
