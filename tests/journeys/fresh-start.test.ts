import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, glob, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { descendantsOf, isAlive } from '../faults/process-tree.ts'
import { freePorts } from './house/free-ports.ts'
import { absent, runProgram, type Ended } from './house/run-program.ts'
import { waitFor } from './house/wait-for.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What a clone has not. */
const left = new Set(['node_modules', 'dist', 'var', '.git', '.turbo'])
const names = ['MX', 'SUBMISSION', 'SUBMISSIONS', 'IMAP', 'IMAPS', 'POP3', 'POP3S', 'HTTP', 'HTTPS']
const skip = absent('npm', 'npm')
let folder: string
let env: NodeJS.ProcessEnv

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'fresh-'))
  if (skip !== false) return
  for (const name of await readdir(root))
    if (!left.has(name))
      await cp(path.join(root, name), path.join(folder, name), {
        recursive: true,
        filter: (source) => !left.has(path.basename(source)),
      })
  await copyDependencies()
  const ports = await freePorts(names.length)
  env = { ...process.env, POSTHOUSE_BIND: '127.0.0.1' }
  for (const [index, name] of names.entries()) env[`POSTHOUSE_PORT_${name}`] = String(ports[index])
  for (const name of Object.keys(env))
    if (/^(npm_|NODE_|POSTHOUSE_DATA)/.test(name)) delete env[name]
  // The Node of the system, as whoever cloned this has it.
  const folders = (env['PATH'] ?? '').split(path.delimiter)
  env['PATH'] = folders.filter((each) => !each.includes('node_modules')).join(path.delimiter)
})
after(async () => {
  // As root below a folder that is closed to others, as this one is, the database stands elsewhere.
  const database = await realpath(path.join(folder, 'var/postgres')).catch(() => folder)
  for (const each of [database, folder])
    await rm(each, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

/**
 * Installed already, so that the test needs no network: hard links where that works. What two packages want in different
 * versions stands in folders of their own.
 */
async function copyDependencies(): Promise<void> {
  await copyFolder('node_modules')
  for await (const own of glob('{packages,apps}/*/node_modules', { cwd: root }))
    await copyFolder(own)
  await rm(path.join(folder, 'node_modules/.cache'), { recursive: true, force: true })
}

async function copyFolder(place: string): Promise<void> {
  const [from, to] = [path.join(root, place), path.join(folder, place)]
  const linked = await runProgram('cp', ['-al', from, to])
  if (linked.code === 0) return
  await rm(to, { recursive: true, force: true })
  const copied = await runProgram('cp', ['-a', from, to])
  assert.equal(copied.code, 0, copied.stderr)
}

interface Started {
  readonly npm: ChildProcess
  readonly output: () => string
}

/** `npm start`, until it is ready. */
async function start(): Promise<Started> {
  const npm = spawn('npm', ['start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  await waitFor(
    'npm start to be ready',
    () => {
      assert.ok(npm.exitCode === null && npm.signalCode === null, output)
      return output.includes('Posthouse is ready') && output.includes('Next: ') ? true : undefined
    },
    300_000,
  )
  return { npm, output: () => output }
}

async function stop({ npm, output }: Started): Promise<void> {
  const pids = await descendantsOf(npm.pid ?? 0)
  assert.ok(pids.length > 6)
  npm.kill('SIGTERM')
  await waitFor('npm to end', () => (npm.exitCode ?? npm.signalCode) !== null || undefined)
  for (const pid of pids)
    await waitFor(`process ${pid} to end`, async () => ((await isAlive(pid)) ? undefined : true))
  assert.match(output(), /up\.stopped/)
}

function posthouse(...args: string[]): Promise<Ended> {
  return runProgram(path.join(folder, 'node_modules/.bin/posthouse'), args, {
    cwd: folder,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? ''])),
  })
}

test(
  'npm start builds and starts a fresh copy, and the command that it names works',
  { skip },
  async () => {
    const first = await start()
    assert.match(first.output(), /building/)
    const [address, password = ''] = (
      await readFile(path.join(folder, 'var/first-login'), 'utf8')
    ).split('\n')
    assert.equal(address, 'you@example.test')
    assert.ok(first.output().includes(password))
    const sent = await posthouse('send-test', 'postmaster@example.test', '--to', 'you@example.test')
    assert.equal(sent.code, 0, sent.stderr)
    const status = await posthouse('status', '--json')
    assert.equal(status.code, 0, status.stdout + status.stderr)
    await stop(first)
    assert.equal(existsSync(path.join(folder, 'var/status.json')), false)
  },
)

test('a second npm start builds nothing, makes no login and keeps the data', { skip }, async () => {
  const second = await start()
  assert.doesNotMatch(second.output(), /building|installing|password/)
  const listed = await posthouse('account', 'list', '-q')
  assert.equal(listed.stdout, 'you@example.test\n')
  await stop(second)
})
