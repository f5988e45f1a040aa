import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { RawClient } from '@posthouse/testkit'
import { descendantsOf } from '../faults/process-tree.ts'
import { ImapSession } from './house/imap-session.ts'
import { Pop3Session } from './house/pop3-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

interface SessionRow {
  readonly address: string
  readonly protocol: string
  readonly client: string
  readonly tls: string | null
  readonly program: string | null
  readonly by: string
  readonly state: string
  readonly since: string
}

let suite: ProcessSuite
before(async () => {
  suite = await ProcessSuite.start({ env: { POSTHOUSE_IMAP_WORKERS: '2' } })
  for (const name of ['ada', 'bob', 'eve', 'max']) await suite.account(`${name}@example.test`)
})
after(() => suite.stop())

async function json<T>(house: ProcessSuite, line: string): Promise<T> {
  const { code, stdout, stderr } = await house.posthouse([...line.split(' '), '--json'])
  assert.equal(code, 0, `${line}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as T
}

async function sessionsOf(
  address: string | undefined,
  house = suite,
): Promise<readonly SessionRow[]> {
  const line = ['account sessions', ...(address === undefined ? [] : [address])].join(' ')
  return (await json<{ items: readonly SessionRow[] }>(house, line)).items
}

/** A session of submission, signed in. */
async function submission(house: ProcessSuite, user: string): Promise<RawClient> {
  const client = await RawClient.connect({
    port: house.ports.submissions,
    tls: true,
    ca: await readFile(house.caFile, 'utf8'),
    serverName: 'mail.example.test',
  })
  await client.readLine()
  client.sendLine('EHLO laptop.example.test')
  await client.readLines((line) => line.startsWith('250 '))
  const token = Buffer.from(`\0${user}\0${password}`).toString('base64')
  client.sendLine(`AUTH PLAIN ${token}`)
  assert.match(await client.readLine(), /^235 /)
  return client
}

/** A session that idles in INBOX. */
async function idling(house: ProcessSuite, user: string, secret = password): Promise<ImapSession> {
  const imap = await ImapSession.open(house, user, secret)
  await imap.command('ID ("name" "Phone Mail" "version" "7.1")')
  await imap.command('SELECT INBOX')
  imap.begin('IDLE')
  assert.match(await imap.client.readLine(), /^\+/)
  return imap
}

test('everybody who is signed in is shown, whatever the protocol and the process', async () => {
  const made = await json<{ password: string }>(
    suite,
    'app-password create ada@example.test --name Phone',
  )
  // Two of them: connections are dealt out in turn, so that each worker has one.
  const phones = [
    await idling(suite, 'ada@example.test', made.password),
    await idling(suite, 'ada@example.test', made.password),
  ]
  const pop3 = await Pop3Session.open(suite, 'ada@example.test')
  const smtp = await submission(suite, 'bob@example.test')
  const ada = await sessionsOf('ADA@example.test')
  assert.deepEqual(
    ada.map(({ protocol, program, by, state }) => [protocol, program, by, state].join()).toSorted(),
    [
      'imap,Phone Mail 7.1,app password Phone,idle INBOX',
      'imap,Phone Mail 7.1,app password Phone,idle INBOX',
      'pop3,,password,waiting',
    ],
  )
  for (const one of ada) {
    assert.equal(one.client, '127.0.0.1')
    assert.equal(one.tls, 'TLSv1.3')
    assert.ok(Math.abs(Date.now() - Date.parse(one.since)) < 10 * 60_000)
  }
  const all = await sessionsOf(undefined)
  assert.deepEqual(
    all.map(({ address }) => address).toSorted(),
    ['ada', 'ada', 'ada', 'bob'].map((name) => `${name}@example.test`),
  )
  const bob = all.find(({ protocol }) => protocol === 'submission')
  assert.equal(bob?.program, 'laptop.example.test')
  assert.equal(bob.state, 'nothing sent yet')
  const { stdout } = await suite.posthouse(['account', 'sessions', '--fields', 'by,state'])
  assert.match(stdout, /app password Phone +idle INBOX/)
  for (const phone of phones) {
    phone.client.sendLine('DONE')
    await phone.close()
  }
  await pop3.command('QUIT')
  smtp.close()
  await waitFor('nobody to be signed in', async () =>
    (await sessionsOf(undefined)).length === 0 ? true : undefined,
  )
  const nobody = await suite.posthouse(['account', 'sessions', 'nobody@example.test'])
  assert.equal(nobody.code, 5)
  assert.equal((await suite.posthouse(['account', 'sessions', 'eve@example.test'])).code, 0)
})

test('a kick ends what idles with BYE, another protocol and another account go on, and it is noted', async () => {
  const imap = await idling(suite, 'bob@example.test')
  const pop3 = await Pop3Session.open(suite, 'bob@example.test')
  const smtp = await submission(suite, 'bob@example.test')
  const other = await idling(suite, 'eve@example.test')
  const dry = await suite.posthouse(['account', 'kick', 'bob@example.test', '--dry-run'])
  assert.match(dry.stderr, /Would end 3 sessions/)
  const kicked = await json<{ ended: number; cut: number }>(
    suite,
    'account kick bob@example.test --protocol imap',
  )
  assert.deepEqual({ ended: kicked.ended, cut: kicked.cut }, { ended: 1, cut: 0 })
  assert.match(await imap.client.readToEnd(), /\* BYE The administrator has ended this session/)
  await pop3.command('NOOP')
  await json(suite, 'account kick bob@example.test')
  assert.match(await pop3.client.readToEnd(), /^-ERR \[SYS\/TEMP\] The administrator/)
  assert.match(await smtp.readToEnd(), /^421 4\.3\.2 .*The administrator/)
  other.client.sendLine('DONE')
  await other.close()
  const { items } = await json<{
    items: readonly { action: string; object: string; details: string }[]
  }>(suite, 'audit --object bob@example.test')
  assert.equal(items.filter(({ action }) => action === 'account.kicked').length, 2)
  assert.equal((await suite.posthouse(['account', 'kick', 'nobody@example.test'])).code, 5)
  const wrong = await suite.posthouse(['account', 'kick', 'bob@example.test', '--protocol', 'http'])
  assert.equal(wrong.code, 2)
})

/** Larger than what the buffers of both ends and the system hold together. */
const large = Buffer.from(
  `Subject: large\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat((40 * 1024 * 1024) / 72)}`,
)

test('a kick in the middle of a FETCH: who reads gets the whole body, then BYE; who does not is cut', async () => {
  const reader = await ImapSession.open(suite, 'max@example.test')
  assert.match(await reader.append('INBOX', large), /^OK/)
  await reader.command('SELECT INBOX')
  const deaf = await ImapSession.open(suite, 'max@example.test')
  await deaf.command('SELECT INBOX')
  for (const imap of [reader, deaf]) {
    imap.begin('FETCH 1 BODY.PEEK[]')
    imap.client.pause()
  }
  await waitFor('both to fetch', async () => {
    const states = (await sessionsOf('max@example.test')).map(({ state }) => state)
    return states.join() === 'fetch INBOX,fetch INBOX' ? true : undefined
  })
  const kick = json<{ ended: number; cut: number }>(suite, 'account kick max@example.test')
  reader.client.resume()
  const heard = await reader.client.readToEnd()
  assert.ok(heard.length > large.length)
  assert.match(heard.slice(-200), /\)\r\nt\d+ OK .*\r\n\* BYE The administrator/)
  const { ended, cut } = await kick
  assert.deepEqual({ ended, cut }, { ended: 1, cut: 1 })
  deaf.client.resume()
  const torn = await deaf.client.readToEnd().catch(() => '')
  assert.ok(torn.length < large.length)
  assert.deepEqual(await sessionsOf('max@example.test'), [])
})

test('a process that does not answer, or dies while it is asked, is told of; the others answer', async () => {
  const imap = await idling(suite, 'eve@example.test')
  const pop3 = await suite.pidOf('pop3')
  process.kill(pop3, 'SIGSTOP')
  const silent = await suite.posthouse(['account', 'sessions'])
  assert.equal(silent.code, 9, silent.stderr)
  assert.match(silent.stdout, /eve@example\.test/)
  assert.match(
    silent.stderr,
    new RegExp(`pop3 \\(pid ${pop3}\\) does not answer: no answer within`),
  )
  const socket = net.connect(path.join(suite.dataDir, 'control.sock'))
  socket.write('{"ask":"sessions"}\n')
  // Stopped, it does not answer within the seconds that it has.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  process.kill(pop3, 'SIGKILL')
  const died = await text(socket)
  assert.match(died, /"app":"pop3","pid":\d+,"silent":"it ended before it answered"/)
  assert.match(died, /eve@example\.test/)
  await suite.pidOf('pop3')
  const [worker = 0] = await descendantsOf(await suite.pidOf('imap'))
  process.kill(worker, 'SIGSTOP')
  const one = await suite.posthouse(['account', 'sessions'])
  process.kill(worker, 'SIGCONT')
  assert.equal(one.code, 9)
  assert.match(one.stderr, new RegExp(`imap \\(pid ${worker}\\) does not answer`))
  imap.client.sendLine('DONE')
  await imap.close()
})

test('two suites on one machine each tell of their own, in one process, too; and no socket stays', async (t) => {
  const small = await ProcessSuite.start({ args: ['--together'] })
  t.after(() => small.stop())
  await small.account('ada@example.test')
  const here = await idling(suite, 'eve@example.test')
  const there = await idling(small, 'ada@example.test')
  const pop3 = await Pop3Session.open(small, 'ada@example.test')
  assert.deepEqual(
    (await sessionsOf(undefined, small)).map(({ address, protocol }) => [address, protocol]),
    [
      ['ada@example.test', 'imap'],
      ['ada@example.test', 'pop3'],
    ],
  )
  assert.deepEqual(
    (await sessionsOf(undefined)).map(({ address }) => address),
    ['eve@example.test'],
  )
  // What took SIGHUP before ended a suite that is one process.
  await json(small, 'config reload')
  await pop3.command('NOOP')
  await json(small, 'account kick ada@example.test')
  assert.match(await there.client.readToEnd(), /\* BYE The administrator/)
  assert.match(await pop3.client.readToEnd(), /^-ERR/)
  here.client.sendLine('DONE')
  await here.close()
  const socket = path.join(small.dataDir, 'control.sock')
  assert.equal((await stat(socket)).mode & 0o777, 0o600)
  await small.down()
  assert.ok(!(await readdir(small.dataDir)).includes('control.sock'))
  const { code, stderr } = await small.posthouse(['account', 'sessions'])
  assert.equal(code, 7)
  assert.match(stderr, /is not running/)
})

test('what a killed suite leaves of its socket is in nobody’s way', async () => {
  suite.process.kill('SIGKILL')
  await suite.ended()
  const { code } = await suite.posthouse(['account', 'sessions'])
  assert.equal(code, 7)
  await suite.up()
  assert.deepEqual(await sessionsOf(undefined), [])
})
