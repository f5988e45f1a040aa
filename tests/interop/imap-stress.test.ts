import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Secret } from '@posthouse/config'
import { openStore, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { defaultPassword, freshDatabase, testActor, type FreshDatabase } from '@posthouse/testkit'
import { act, mailboxes } from './stress/act.ts'
import { StressSession, type Ground } from './stress/session.ts'
import { settle } from './stress/settle.ts'
import { MailboxTruth } from './stress/truth.ts'

const address = 'ada@example.test'
const sessionCount = 20
const isLong = process.env['POSTHOUSE_TEST_LONG'] === '1'
/** Acts of each session between two times of quiet. */
const actsEach = isLong ? 200 : 50
const leastRounds = 2
const longMs = Number(process.env['POSTHOUSE_STRESS_MINUTES'] ?? 30) * 60_000
const seed = Number(process.env['POSTHOUSE_STRESS_SEED'] ?? (isLong ? Date.now() % 1_000_000 : 1))
const program = fileURLToPath(new URL('stress/imap-process.ts', import.meta.url))

let database: FreshDatabase
let store: Store
const servers: ChildProcess[] = []
const ports: number[] = []
let complaints = ''

before(async () => {
  database = await freshDatabase()
  store = await openStore({ database: database.url, log: silentLog, app: 'test', unsafe: true })
  await store.domains.create('example.test', testActor)
  const account = { address, password: new Secret(defaultPassword) }
  assert.ok((await store.accounts.create(account, testActor)).ok)
  for (let count = 0; count < 2; count += 1) ports.push(await startServer())
})

after(async () => {
  for (const server of servers) {
    const ended = once(server, 'exit')
    server.stdin?.end()
    await ended
  }
  await store.close()
  await database.drop()
})

/** Starts an IMAP server process; returns its port. */
async function startServer(): Promise<number> {
  const args = ['--conditions=@posthouse/source', program, database.url]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  servers.push(child)
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  for await (const line of createInterface({ input: child.stdout })) return Number(line)
  throw new Error(`no IMAP server: ${complaints}`)
}

/** All of them at once; the first failure ends it, with that session's last exchanges. */
async function together(
  sessions: readonly StressSession[],
  work: (session: StressSession) => Promise<void>,
): Promise<void> {
  await Promise.all(
    sessions.map(async (session) => {
      try {
        await work(session)
      } catch (error) {
        throw new Error(`${session.story}\n${session.name}, seed ${seed}`, { cause: error })
      }
    }),
  )
}

test(`${sessionCount} sessions on ${mailboxes.length} mailboxes, through two processes, see one truth`, async (t) => {
  const truths = new Map(mailboxes.map((name) => [name, new MailboxTruth(name)]))
  const ground: Ground = { address, ports, truths }
  const all = Array.from(
    { length: sessionCount + 1 },
    (_, at) => new StressSession(ground, at, seed),
  )
  const [judge, ...sessions] = all
  assert.ok(judge !== undefined)
  await together(all, (session) => session.connect())
  for (const name of mailboxes.filter((each) => each.startsWith('Stress')))
    await judge.ok(`CREATE ${name}`)
  const until = Date.now() + (isLong ? longMs : 0)
  let rounds = 0
  do {
    await together(sessions, async (session) => {
      for (let done = 0; done < actsEach; done += 1) await act(session)
    })
    await settle(sessions, judge)
    rounds += 1
  } while (rounds < leastRounds || Date.now() < until)
  await together(all, (session) => session.close())
  const commands = all.reduce((sum, session) => sum + session.commands, 0)
  t.diagnostic(`seed ${seed}: ${commands} commands, quiet ${rounds} times`)
  assert.deepEqual(await store.check(), [])
  assert.equal(complaints, '', 'what the servers complained of')
})
