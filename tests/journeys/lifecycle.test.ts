import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { descendantsOf, isAlive } from '../faults/process-tree.ts'
import { ImapSession } from './house/imap-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start()
})
after(() => suite.stop())

test('the first start makes a mailbox whose password is printed once and kept for its owner', async () => {
  const file = path.join(suite.dataDir, 'first-login')
  const [address, password = ''] = (await readFile(file, 'utf8')).split('\n')
  assert.equal(address, 'you@example.test')
  assert.equal(suite.output.split(password).length, 2)
  for (const name of ['first-login', 'ca-key.pem', 'tls-key.pem'])
    assert.equal((await stat(path.join(suite.dataDir, name))).mode & 0o077, 0, name)
  for (const port of Object.values(suite.ports)) assert.ok(suite.output.includes(String(port)))
  assert.ok(suite.output.includes(suite.dataDir))
  assert.match(suite.output, /^Next: npx posthouse /m)
})

test('a second start on the same data folder is refused and harms nothing', async () => {
  const { code, stderr } = await suite.posthouse(['up'])
  assert.equal(code, 6)
  assert.match(stderr, /is running on .* already/)
  assert.equal((await suite.posthouse(['status', '--json'])).code, 0)
})

test('a taken port is an error that names the port and the setting', async () => {
  const other = net.createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await assert.rejects(
    ProcessSuite.start({ env: { POSTHOUSE_PORT_IMAP: String(port) } }),
    (error) => {
      const text = String(error)
      return text.includes(String(port)) && text.includes('POSTHOUSE_PORT_IMAP')
    },
  )
  other.close()
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} stops everything cleanly, whatever sessions are open, and the data stays`, async () => {
    const mail = Buffer.from(`Subject: kept over ${signal}\r\n\r\n.\r\n`)
    const account = `${signal.toLowerCase()}@example.test`
    await suite.account(account)
    const imap = await ImapSession.open(suite, account)
    assert.match(await imap.append('INBOX', mail), /^OK/)
    await imap.command('SELECT INBOX')
    imap.begin('IDLE')
    await imap.client.readLine()

    const { pid = 0 } = suite.process
    const pids = [pid, ...(await descendantsOf(pid))]
    assert.ok(pids.length > 6)
    suite.process.kill(signal)
    assert.equal(await suite.ended(), 0)
    assert.match(await imap.client.readToEnd(), /\* BYE /)
    for (const each of pids) assert.equal(await isAlive(each), false)
    assert.equal(await suite.status(), undefined)
    for (const port of Object.values(suite.ports)) assert.equal(await isOpen(port), false)

    await suite.up()
    const again = await ImapSession.open(suite, account)
    assert.equal(await again.count('INBOX'), 1)
    await again.close()
  })

test('after SIGKILL the apps end by themselves, and the next start recovers', async () => {
  const { pid = 0 } = suite.process
  const apps = (await suite.status())?.apps.map((app) => app.pid ?? 0) ?? []
  assert.ok(apps.every((app) => app > 0 && app !== pid))
  process.kill(pid, 'SIGKILL')
  await waitFor('the apps to end', async () => {
    const alive = await Promise.all(apps.map(isAlive))
    return alive.includes(true) ? undefined : true
  })
  await suite.up()
  const { code, stdout } = await suite.posthouse(['account', 'list', '-q'])
  assert.equal(code, 0)
  assert.ok(stdout.split('\n').includes('you@example.test'))
})

test('the command works while the suite is down, on the same data', async () => {
  suite.process.kill('SIGTERM')
  await suite.ended()
  const { code, stdout, stderr } = await suite.posthouse(['account', 'list', '-q'])
  assert.equal(code, 0, stderr)
  assert.ok(stdout.split('\n').includes('you@example.test'))
  assert.equal((await suite.posthouse(['status'])).code, 7)
  await suite.up()
})

test('--together runs all apps in one process', async (t) => {
  const small = await ProcessSuite.start({ args: ['--together'] })
  t.after(() => small.stop())
  const status = await small.status()
  assert.equal(status?.apps.length, 6)
  for (const app of status?.apps ?? []) assert.equal(app.pid, status?.pid)
  await small.account('ada@example.test')
  const imap = await ImapSession.open(small, 'ada@example.test')
  assert.equal(await imap.count('INBOX'), 0)
  await imap.close()
})

test('started by a wrapper that is killed, the suite ends by itself', async () => {
  suite.process.kill('SIGTERM')
  await suite.ended()
  const start = spawn('node', ['-e', wrapper], {
    env: { ...process.env, ...suite.env },
    stdio: 'ignore',
  })
  const up = await waitFor('the suite to be ready', async () => {
    const status = await suite.status()
    return status?.ready === true ? status.pid : undefined
  })
  start.kill('SIGKILL')
  await waitFor('up to end', async () => ((await isAlive(up)) ? undefined : true))
  await suite.up()
})

/** Holds a channel to `up`, as the change over from an older Node does. */
const wrapper = `
  const { spawn } = require('node:child_process')
  spawn(process.execPath, ['apps/cli/bin/posthouse.js', 'up'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  setInterval(() => undefined, 1000)
`

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
