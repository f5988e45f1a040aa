import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freshDatabase, RawClient } from '@posthouse/testkit'
import { freePorts } from './house/free-ports.ts'
import { runProgram, type Ended } from './house/run-program.ts'
import { waitFor } from './house/wait-for.ts'

const posthouse = fileURLToPath(new URL('../../apps/cli/bin/posthouse.js', import.meta.url))
const secret = 'correct-horse-7'

// Each app a service of its own, as under systemd: no `up` runs them, and none answers for them.

let dataDir: string
let env: Readonly<Record<string, string>>
let imapPort = 0
let pop3Port = 0
let drop: () => Promise<void>
const apps = new Map<string, ChildProcess>()

before(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'alone-'))
  const fresh = await freshDatabase()
  drop = () => fresh.drop()
  const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0] = await freePorts(4)
  imapPort = imaps
  pop3Port = pop3s
  env = {
    DATABASE_URL: fresh.url,
    POSTHOUSE_UNSAFE_DB: '1',
    POSTHOUSE_DATA: dataDir,
    POSTHOUSE_BIND: '127.0.0.1',
    POSTHOUSE_HOSTNAME: 'mail.example.test',
    POSTHOUSE_IMAP_WORKERS: '2',
    POSTHOUSE_PORT_IMAP: String(imap),
    POSTHOUSE_PORT_IMAPS: String(imaps),
    POSTHOUSE_PORT_POP3: String(pop3),
    POSTHOUSE_PORT_POP3S: String(pop3s),
    NO_COLOR: '1',
  }
  assert.equal((await command('domain', 'add', 'example.test')).code, 0)
  const made = await runProgram(
    process.execPath,
    [posthouse, 'account', 'add', 'ada@example.test', '--password-stdin'],
    { env, input: `${secret}\n` },
  )
  assert.equal(made.code, 0, made.stderr)
  for (const name of ['imap', 'pop3'])
    apps.set(
      name,
      spawn(process.execPath, [posthouse, 'run-app', name], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      }),
    )
})
after(async () => {
  for (const app of apps.values()) if (app.exitCode === null) app.kill('SIGTERM')
  await Promise.all([...apps.values()].map((app) => ended(app)))
  await drop()
  await rm(dataDir, { recursive: true, force: true })
})

function command(...args: readonly string[]): Promise<Ended> {
  return runProgram(process.execPath, [posthouse, ...args], { env })
}

async function ended(app: ChildProcess | undefined): Promise<void> {
  if (app?.exitCode === null && app.signalCode === null) await once(app, 'exit')
}

/** Signs in as soon as the port is open. */
async function signedIn(port: number, ...lines: readonly string[]): Promise<RawClient> {
  const client = await waitFor('the port', async () => {
    const ca = await readFile(path.join(dataDir, 'ca.pem'), 'utf8').catch(() => undefined)
    if (ca === undefined) return undefined
    const options = { port, tls: true, ca, serverName: 'mail.example.test' }
    return RawClient.connect(options).catch(() => undefined)
  })
  await client.readLine()
  for (const line of lines) {
    client.sendLine(line)
    assert.match(await client.readLine(), /^(?:a OK|\+OK)/)
  }
  return client
}

async function sessions(): Promise<readonly string[]> {
  const { code, stdout, stderr } = await command('account', 'sessions', '--json')
  assert.equal(code, 0, stderr)
  const { items } = JSON.parse(stdout) as { items: readonly { protocol: string }[] }
  return items.map(({ protocol }) => protocol).toSorted((a, b) => (a < b ? -1 : 1))
}

test('apps that run by themselves are asked each over its own socket, and a dead one is in nobody’s way', async () => {
  const imap = await signedIn(imapPort, `a LOGIN ada@example.test ${secret}`)
  const pop3 = await signedIn(pop3Port, 'USER ada@example.test', `PASS ${secret}`)
  assert.deepEqual(await sessions(), ['imap', 'pop3'])
  const level = await command('log', 'level', 'imap=debug', '--json')
  const { items } = JSON.parse(level.stdout) as { items: readonly { processes: number }[] }
  // The process that deals out, its two workers, and POP3's.
  assert.equal(items[0]?.processes, 4)
  apps.get('pop3')?.kill('SIGKILL')
  await ended(apps.get('pop3'))
  assert.equal((await readdir(dataDir)).filter((name) => name.endsWith('.sock')).length, 2)
  assert.deepEqual(await sessions(), ['imap'])
  assert.equal((await command('account', 'kick', 'ada@example.test')).code, 0)
  assert.match(await imap.readToEnd(), /\* BYE The administrator/)
  pop3.close()
})

test('nothing stays of one that is stopped, and then there is nobody to be asked', async () => {
  apps.get('imap')?.kill('SIGTERM')
  await ended(apps.get('imap'))
  const left = (await readdir(dataDir)).filter((name) => name.endsWith('.sock'))
  assert.equal(left.length, 1, 'that of the killed one')
  assert.equal((await command('account', 'sessions')).code, 7)
})
