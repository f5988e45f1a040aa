import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { descendantsOf, isAlive } from '../faults/process-tree.ts'
import { ImapSession } from './house/imap-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

const address = 'ada@example.test'
/** `sessionsPerAccount` of the IMAP server's limits. */
const most = 60

let suite: ProcessSuite
before(async () => {
  suite = await ProcessSuite.start({ env: { POSTHOUSE_IMAP_WORKERS: '2' } })
  await suite.account(address)
})
after(() => suite.stop())

/** The processes that serve, not the one that deals out. */
async function workers(): Promise<readonly number[]> {
  const crew = await suite.pidOf('imap')
  return waitFor('two workers', async () => {
    const pids = await descendantsOf(crew)
    return pids.length === 2 ? pids : undefined
  })
}

/** Ticks of the processor that a process has used. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function open(): Promise<ImapSession> {
  return ImapSession.open(suite, address)
}

async function openMany(count: number): Promise<ImapSession[]> {
  const sessions: ImapSession[] = []
  for (let i = 0; i < count; i += 1) sessions.push(await open())
  return sessions
}

async function closeAll(sessions: readonly ImapSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()))
}

/** Opens one more, as soon as there is a place for it. */
function openAtLast(): Promise<ImapSession> {
  return waitFor('a free place', () => open().catch(() => undefined))
}

test('both workers have sessions, which hear of each other, and both work', async () => {
  const pids = await workers()
  const ticks = await Promise.all(pids.map(ticksOf))
  const sessions = await openMany(4)
  const [first, ...others] = sessions
  assert.ok(first)
  for (const other of others) {
    await other.command('SELECT INBOX')
    other.begin('IDLE')
    assert.match(await other.client.readLine(), /^\+/)
  }
  assert.match(await first.append('INBOX', Buffer.from('Subject: x\r\n\r\ny\r\n')), /^OK/)
  for (const other of others) {
    assert.equal(await other.client.readLine(), '* 1 EXISTS')
    other.client.sendLine('DONE')
    await other.client.readLines((line) => /^t\d+ OK/.test(line))
  }
  await first.command('SELECT INBOX')
  await waitFor('both to have worked', async () => {
    await Promise.all(sessions.map((session) => session.command('UID SEARCH TEXT y')))
    const now = await Promise.all(pids.map(ticksOf))
    return now.every((each, i) => each > (ticks[i] ?? 0)) ? true : undefined
  })
  await closeAll(sessions)
})

test('the sessions of an account are counted over all workers', async () => {
  const sessions = await openMany(most)
  await assert.rejects(open(), /\[LIMIT\]/)
  await sessions.pop()?.close()
  sessions.push(await openAtLast())
  await closeAll(sessions)
})

test('a worker that is killed takes its own sessions with it and no others, and is started again', async () => {
  const [victim = 0] = await workers()
  const sessions = await openMany(most)
  for (const session of sessions) await session.command('NOOP')
  process.kill(victim, 'SIGKILL')
  await waitFor('the worker to be gone', async () => ((await isAlive(victim)) ? undefined : true))
  const outcomes = await Promise.allSettled(sessions.map((session) => session.command('NOOP')))
  const living = outcomes.filter(({ status }) => status === 'fulfilled').length
  assert.ok(living > 0 && living < most, `${living} of ${most} went on`)
  const again = await workers()
  assert.ok(!again.includes(victim))
  // What it held has come free: as many as it had, and no more.
  const more: ImapSession[] = []
  for (let i = living; i < most; i += 1) more.push(await openAtLast())
  await assert.rejects(open(), /\[LIMIT\]/)
  await closeAll([...sessions, ...more])
})

/** Appends until the server says goodbye: how many were acknowledged, and whether one more may have been kept. */
async function appendToTheEnd(
  session: ImapSession,
  name: string,
  acknowledged: (count: number) => void,
): Promise<{ readonly kept: number; readonly unknown: number }> {
  for (let kept = 0; ; kept += 1) {
    acknowledged(kept)
    const message = `Subject: ${name}-${kept}\r\n\r\nx\r\n`
    const tag = session.begin(`APPEND Drafts {${message.length}+}\r\n${message}`)
    try {
      const lines = await session.client.readLines((line) => /^(t\d+|\* BYE) /.test(line))
      // What comes in behind the BYE is not carried out.
      if (lines.at(-1)?.startsWith('* BYE') === true) return { kept, unknown: 0 }
      assert.match(lines.at(-1) ?? '', new RegExp(`^${tag} OK`))
    } catch {
      return { kept, unknown: 1 }
    }
  }
}

async function fingerprint(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect({ port: suite.ports.imaps, rejectUnauthorized: false }, () =>
    resolve(socket.getPeerCertificate().fingerprint256),
  )
  socket.on('error', reject)
  return promise.finally(() => socket.destroy())
}

test('every worker takes a renewed certificate into use, and no session ends for it', async () => {
  const sessions = await Promise.all([openAtLast(), openAtLast(), openAtLast(), openAtLast()])
  const old = await fingerprint()
  for (const name of ['tls-cert.pem', 'tls-key.pem']) await rm(path.join(suite.dataDir, name))
  process.kill(await suite.pidOf('imap'), 'SIGHUP')
  // In turns they come to both workers.
  await waitFor('the new certificate', async () => {
    const seen = [await fingerprint(), await fingerprint(), await fingerprint()]
    return seen.includes(old) ? undefined : true
  })
  for (const session of sessions) await session.command('NOOP')
  await closeAll(sessions)
})

test('a stop says BYE, and every command that was answered stays', async () => {
  const idling = await openAtLast()
  idling.begin('IDLE')
  assert.match(await idling.client.readLine(), /^\+/)
  const sessions = await openMany(6)
  const lanes = sessions.map((session, lane) =>
    appendToTheEnd(session, `${lane}`, (count) => {
      if (lane === 0 && count === 3) suite.process.kill('SIGTERM')
    }),
  )
  const outcomes = await Promise.all(lanes)
  assert.match(await idling.client.readToEnd(), /\* BYE /)
  assert.equal(await suite.ended(), 0)
  await suite.up()
  const session = await open()
  const count = await session.count('Drafts')
  const kept = outcomes.reduce((sum, outcome) => sum + outcome.kept, 0)
  const unknown = outcomes.reduce((sum, outcome) => sum + outcome.unknown, 0)
  assert.ok(count >= kept && count <= kept + unknown, `${count} of ${kept} and ${unknown}`)
  await session.close()
})
