import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { computeFacts } from '@posthouse/message'
import { startSuite, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'
import { limits } from '../limits.ts'
import type { ClientsOrder, ClientsReport } from './download-clients.ts'
import { messageCount, messageOf } from './downloaded-maildrop.ts'

const program = fileURLToPath(new URL('download-clients.ts', import.meta.url))

const mebibyte = 1024 * 1024

/** What the store lends for reading ahead, to all sessions of a process together. */
const readAheadBytes = 64 * mebibyte

/** A session's own: what waits to be sent (256 KiB, and a buffer that is being filled), a message that is read alone. */
const sessionBytes = mebibyte / 2

/** Postgres's answers, the store's caches, and what the test itself holds. */
const otherBytes = 64 * mebibyte

/** The most memory that was seen: buffers, and all of the process. */
class MemoryWatch {
  readonly #start = process.memoryUsage()
  readonly #timer = setInterval(() => this.look(), 20).unref()
  buffers = 0
  resident = 0

  look(): void {
    const { arrayBuffers, rss } = process.memoryUsage()
    this.buffers = Math.max(this.buffers, arrayBuffers - this.#start.arrayBuffers)
    this.resident = Math.max(this.resident, rss - this.#start.rss)
  }

  end(): void {
    clearInterval(this.#timer)
  }
}

/** The clients, in a process of their own. */
class Clients {
  readonly #process: ChildProcess

  constructor(port: number, perAccount: number, addresses: readonly string[]) {
    this.#process = fork(program, [String(port), String(perAccount), ...addresses], {
      execArgv: ['--conditions=@posthouse/source'],
    })
  }

  tell(order: ClientsOrder): void {
    this.#process.send(order)
  }

  /** The next report. */
  async report(): Promise<ClientsReport> {
    const gone = once(this.#process, 'exit').then(() => {
      throw new Error('the clients are gone')
    })
    const [report]: ClientsReport[] = await Promise.race([once(this.#process, 'message'), gone])
    assert.ok(report !== undefined)
    return report
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}

/** An account whose INBOX has what `expectedAnswers` is about. */
async function accountWithMail(suite: Suite, n: number): Promise<string> {
  const account = await suite.account(`user${n}@example.test`)
  const inbox = await suite.store.mailboxes(account.id).find('INBOX')
  assert.ok(inbox)
  for (let i = 1; i <= messageCount; i++) {
    const octets = messageOf(i)
    const request = { octets, facts: computeFacts(octets), flags: [] }
    assert.ok((await suite.store.append(account.id, inbox.id, request)).ok)
  }
  return account.address
}

function inMiB(octets: number): string {
  return `${Math.round(octets / mebibyte)} MiB`
}

async function downloadAll(
  t: TestContext,
  clients: Clients,
): Promise<{ readonly wrong: readonly string[]; readonly memory: MemoryWatch }> {
  assert.equal(await clients.report(), 'signed-in')
  const memory = new MemoryWatch()
  clients.tell('begin')
  assert.equal(await clients.report(), 'all-waiting')
  // Nobody reads: all that the server is ready to hold for them, it holds soon.
  for (let last = -1; last < memory.buffers; await pause(1000)) last = memory.buffers
  t.diagnostic(
    `while all wait: buffers ${inMiB(memory.buffers)}, resident +${inMiB(memory.resident)}`,
  )
  clients.tell('go-on')
  const end = await clients.report()
  memory.end()
  t.diagnostic(`at most: buffers ${inMiB(memory.buffers)}, resident +${inMiB(memory.resident)}`)
  assert.ok(typeof end === 'object')
  return { wrong: end.wrong, memory }
}

/**
 * Many sessions that download their maildrops at once: every octet arrives, and memory is bounded by octets, not by luck. At
 * first all clients stop in the middle of a message, so that all are served at one moment.
 */
export function manyDownloadsTest(sessions: number): void {
  let suite: Suite
  before(async () => {
    suite = await startSuite({
      apps: [app],
      limits: { connections: sessions + 10, connectionsPerAddress: sessions + 10 },
    })
  })
  after(() => suite.stop())

  test(`${sessions} sessions that download at once get every octet, in bounded memory`, async (t) => {
    const perAccount = Math.min(sessions, limits.sessionsPerAccount)
    const addresses: string[] = []
    for (let n = 0; n * perAccount < sessions; n++) addresses.push(await accountWithMail(suite, n))
    const clients = new Clients(suite.port('pop3'), perAccount, addresses)
    t.after(() => clients.kill())
    const { wrong, memory } = await downloadAll(t, clients)
    assert.deepEqual(wrong, [])
    const bound = readAheadBytes + sessions * sessionBytes + otherBytes
    assert.ok(memory.buffers <= bound, `${memory.buffers} octets of buffers, ${bound} allowed`)
  })
}
