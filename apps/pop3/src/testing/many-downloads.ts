import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Account } from '@posthouse/store'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'
import { limits } from '../limits.ts'

/** Messages of each maildrop, of about this many octets. */
const messages = 30
const messageBytes = 40_000

const mebibyte = 1024 * 1024

/** What the store lends for reading ahead, to all sessions of a process together. */
const readAheadBytes = 64 * mebibyte

/** A session's own: a connection's buffers (a quarter of a MiB and a bit), a message that is read alone, what the client takes. */
const sessionBytes = mebibyte / 2

/** Postgres's answers, the store's caches, and what the test itself holds. */
const otherBytes = 64 * mebibyte

function messageOf(n: number): string {
  const lines = `.line of message ${n}, which has to be stuffed${'x'.repeat(900)}\r\n`
  return `Subject: ${n}\r\n\r\n${lines.repeat(messageBytes / lines.length)}`
}

/** What the answers to RETR 1 … n are, in SHA-256. */
function expectedSum(): string {
  const sum = createHash('sha256')
  for (let n = 1; n <= messages; n++) {
    const message = messageOf(n)
    const stuffed = message.replaceAll('\r\n.', '\r\n..')
    sum.update(`+OK ${message.length} octets\r\n${stuffed}.\r\n`)
  }
  return sum.digest('hex')
}

/** Everything with pipelined commands, then QUIT. @returns the answers in SHA-256 */
async function download(client: RawClient): Promise<string> {
  for (let n = 1; n <= messages; n++) client.sendLine(`RETR ${n}`)
  const sum = createHash('sha256')
  for (let n = 1; n <= messages; n++) {
    const lines = await client.readLines((line) => line === '.')
    for (const line of lines) sum.update(`${line}\r\n`, 'latin1')
  }
  client.sendLine('QUIT')
  await client.readLine()
  client.close()
  return sum.digest('hex')
}

/** Many sessions that download their maildrops at once: every octet arrives, and memory is bounded by octets, not by luck. */
export function manyDownloadsTest(sessions: number): void {
  let suite: Suite
  before(async () => {
    suite = await startSuite({
      apps: [app],
      limits: { connections: sessions + 10, connectionsPerAddress: sessions + 10 },
    })
  })
  after(() => suite.stop())

  const accountWithMail = async (n: number): Promise<Account> => {
    const account = await suite.account(`user${n}@example.test`)
    const inbox = await suite.store.mailboxes(account.id).find('INBOX')
    assert.ok(inbox)
    for (let i = 1; i <= messages; i++) {
      const octets = Buffer.from(messageOf(i))
      const request = { octets, facts: computeFacts(octets), flags: [] }
      assert.ok((await suite.store.append(account.id, inbox.id, request)).ok)
    }
    return account
  }

  const signIn = async (account: Account): Promise<RawClient> => {
    const client = await suite.connect('pop3')
    await client.readLine()
    await logIn(client, 'pop3', account.address)
    return client
  }

  test(`${sessions} sessions that download at once get every octet, in bounded memory`, async () => {
    const perAccount = limits.sessionsPerAccount
    const accounts: Account[] = []
    for (let n = 0; n * perAccount < sessions; n++) accounts.push(await accountWithMail(n))
    // One after another: passwords are checked at their own pace, and that is not what is looked at here.
    const clients: RawClient[] = []
    for (let n = 0; n < sessions; n++) {
      const account = accounts[Math.floor(n / perAccount)]
      assert.ok(account)
      clients.push(await signIn(account))
    }
    const start = process.memoryUsage().arrayBuffers
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - start)
    }, 10).unref()
    const sums = await Promise.all(clients.map(download))
    clearInterval(watch)
    assert.deepEqual(new Set(sums), new Set([expectedSum()]))
    const bound = readAheadBytes + sessions * sessionBytes + otherBytes
    assert.ok(most <= bound, `${most} octets of buffers, ${bound} allowed`)
  })
}
