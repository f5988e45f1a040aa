import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ImapSession } from './house/imap-session.ts'
import { Pop3Session } from './house/pop3-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

const posthouse = fileURLToPath(new URL('../../apps/cli/bin/posthouse.js', import.meta.url))

let suite: ProcessSuite
before(async () => {
  suite = await ProcessSuite.start({ env: { POSTHOUSE_IMAP_WORKERS: '2' } })
  await suite.account('ada@example.test')
  await suite.account('bob@example.test')
})
after(() => suite.stop())

type Line = Readonly<Record<string, unknown>>

/** `posthouse log tail` at work, and what it has printed. */
interface Tail {
  readonly child: ChildProcess
  /** How it ended. */
  readonly ended: Promise<number | null>
  lines(): readonly Line[]
}

async function tail(
  t: TestContext,
  house: ProcessSuite,
  ...args: readonly string[]
): Promise<Tail> {
  const child = spawn(process.execPath, [posthouse, 'log', 'tail', ...args], {
    env: { ...process.env, ...house.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  let out = ''
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (told += piece))
  await waitFor('it to listen', () => {
    assert.equal(child.exitCode, null, told)
    // With --json nothing is told: the line that is sent next is what shows that it listens.
    return told.includes('Listening') || args.includes('--json') ? true : undefined
  })
  return {
    child,
    ended,
    lines: () => out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line])),
  }
}

/** Signs in again and again until the tail has told of it: it listens then. */
async function listening(tailing: Tail, house: ProcessSuite, user: string): Promise<void> {
  await waitFor('a sign-in to be told', async () => {
    const imap = await ImapSession.open(house, user)
    await imap.close()
    return tailing.lines().some(({ event }) => event === 'imap.login.ok') ? true : undefined
  })
}

test('log tail tells of every process, of one account alone if asked, and Ctrl-C ends it well', async (t) => {
  const ada = await tail(t, suite, '--json', '--account', 'ADA@example.test', '--level', 'debug')
  await listening(ada, suite, 'ada@example.test')
  // Connections are dealt out in turn: both workers had one.
  const bob = await ImapSession.open(suite, 'bob@example.test')
  await bob.close()
  const sessions = [
    await ImapSession.open(suite, 'ada@example.test'),
    await ImapSession.open(suite, 'ada@example.test'),
  ]
  await Promise.all(sessions.map((session) => session.close()))
  const pop3 = await Pop3Session.open(suite, 'ada@example.test')
  await pop3.command('QUIT')
  await waitFor('all that was logged', () => {
    const events = ada.lines().map(({ event }) => event)
    const logins = events.filter((event) => event === 'imap.login.ok').length
    // What a connection does after the sign-in names no account.
    const ends = events.filter((event) => event === 'imap.session.over').length
    return logins >= 3 && ends >= 3 && events.includes('pop3.login.ok') ? true : undefined
  })
  assert.ok(!JSON.stringify(ada.lines()).includes('bob@'))
  assert.ok(ada.lines().every(({ level, time }) => level !== 'trace' && typeof time === 'string'))
  assert.ok(!suite.output.includes('imap.session.over'), 'what is heard is not written')
  ada.child.kill('SIGINT')
  assert.equal(await ada.ended, 0)
})

test('one that is killed while it listens, and one that stops reading, cost the suite nothing', async (t) => {
  const killed = await tail(t, suite, '--level', 'trace')
  killed.child.kill('SIGKILL')
  await killed.ended
  const deaf = await tail(t, suite, '--level', 'trace')
  deaf.child.kill('SIGSTOP')
  for (let i = 0; i < 20; i += 1) {
    const imap = await ImapSession.open(suite, 'ada@example.test')
    await imap.command('SELECT INBOX')
    await imap.close()
  }
  deaf.child.kill('SIGKILL')
  assert.equal((await suite.posthouse(['account', 'sessions'])).code, 0)
  assert.equal((await suite.posthouse(['status'])).code, 0)
})

test('--role and --id choose, an app that was killed is heard again, and a stop of the suite is told', async (t) => {
  const small = await ProcessSuite.start({ args: ['imap', 'pop3'] })
  t.after(() => small.stop())
  await small.account('ada@example.test')
  const imap = await tail(t, small, '--json', '--role', 'imap')
  await listening(imap, small, 'ada@example.test')
  const pid = await small.pidOf('imap')
  process.kill(pid, 'SIGKILL')
  await waitFor('it to be started again', async () =>
    (await small.pidOf('imap')) === pid ? undefined : true,
  )
  const already = imap.lines().length
  await waitFor('the new process to be heard', async () => {
    const session = await ImapSession.open(small, 'ada@example.test')
    await session.close()
    return imap.lines().length > already ? true : undefined
  })
  assert.ok(imap.lines().every(({ app }) => app === 'imap'))
  const connection = String(imap.lines().at(-1)?.['connection'])
  const one = await tail(t, small, '--json', '--id', connection)
  await small.down()
  assert.equal(await one.ended, 7)
  assert.deepEqual(one.lines(), [])
  const gone = await small.posthouse(['log', 'tail'])
  assert.equal(gone.code, 7)
  assert.equal((await suite.posthouse(['log', 'tail', '--role', 'sendmail'])).code, 2)
  assert.equal((await suite.posthouse(['log', 'tail', '--level', 'loud'])).code, 2)
})

test('log level changes what is written, also in a process that is started later, and returns by itself', async () => {
  const all = await suite.posthouse(['log', 'level', 'imap=debug', '--for', '10m', '--json'])
  assert.equal(all.code, 0, all.stderr)
  const { items } = JSON.parse(all.stdout) as {
    items: readonly { module: string; level: string; processes: number }[]
  }
  assert.deepEqual(
    items.map(({ module, level }) => [module, level]),
    [['imap', 'debug']],
  )
  // up, six apps or more, and IMAP's workers beside the process that deals out.
  assert.ok((items[0]?.processes ?? 0) >= 8)
  const worker = await suite.pidOf('imap')
  process.kill(worker, 'SIGKILL')
  await waitFor('it to be started again', async () =>
    (await suite.pidOf('imap')) === worker ? undefined : true,
  )
  await waitFor('its debug lines to be written', async () => {
    const imap = await ImapSession.open(suite, 'ada@example.test').catch(() => undefined)
    await imap?.close()
    return suite.output.includes('imap.session.over') ? true : undefined
  })
  const audit = await suite.posthouse(['audit', '--object', 'imap', '-q'])
  assert.match(audit.stdout, /imap/)
  assert.equal((await suite.posthouse(['log', 'level', 'imap='])).code, 0)
  assert.equal((await suite.posthouse(['log', 'level', '-q'])).stdout, '')
  // Shorter than what a person may ask for.
  const socket = net.connect(path.join(suite.dataDir, 'control.sock'))
  socket.write('{"ask":"log-level","args":{"module":"pop3","level":"trace","seconds":2}}\n')
  assert.match(await text(socket), /"module":"pop3"/)
  await waitFor('it to be what it was', async () => {
    const { stdout } = await suite.posthouse(['log', 'level', '-q'])
    return stdout === '' ? true : undefined
  })
  for (const wrong of ['imap', 'imap=loud', '=debug', 'a b=info'])
    assert.equal((await suite.posthouse(['log', 'level', wrong])).code, 2, wrong)
  assert.equal((await suite.posthouse(['log', 'level', 'imap=debug', '--for', '9d'])).code, 2)
})

test('in one process the apps are told apart', async (t) => {
  const small = await ProcessSuite.start({ args: ['--together', 'imap', 'pop3'] })
  t.after(() => small.stop())
  await small.account('ada@example.test')
  const imap = await tail(t, small, '--json', '--role', 'imap', '--level', 'debug')
  await listening(imap, small, 'ada@example.test')
  const pop3 = await Pop3Session.open(small, 'ada@example.test')
  await pop3.command('QUIT')
  await listening(imap, small, 'ada@example.test')
  assert.ok(imap.lines().every(({ app }) => app === 'imap'))
})
