import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { RawClient } from '@posthouse/testkit'
import {
  fakeScanner,
  isStreamOver,
  type FakeScanner,
} from '../../packages/filter/src/scanners/scanner.fixture.ts'
import { descendantsOf } from '../faults/process-tree.ts'
import { reply, transact } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'
import { ImapSession } from './house/imap-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

// Postgres is lost while a message is being judged: between its last octet and its verdict. The scanner keeps it there.

const ada = 'ada@example.test'
let suite: ProcessSuite
let scanner: FakeScanner
/** Scans that have all of their message and wait for a word. */
const waiting = new Set<Socket>()

before(async () => {
  scanner = await fakeScanner(hold)
  suite = await ProcessSuite.start({ args: ['mx', 'submission', 'imap'] })
  await suite.account(ada)
  const set = await suite.posthouse([
    'filter',
    'set',
    `clamd.address=127.0.0.1:${scanner.address.port}`,
  ])
  assert.equal(set.code, 0, set.stderr)
})
after(async () => {
  for (const socket of waiting) socket.destroy()
  await suite.stop()
  await scanner.close()
})

/** Speaks as clamd does, but says nothing before it is told to. */
function hold(socket: Socket): void {
  let heard = Buffer.alloc(0)
  socket.on('data', (octets) => {
    heard = Buffer.concat([heard, octets])
    if (isStreamOver(heard)) waiting.add(socket)
  })
  socket.on('close', () => waiting.delete(socket))
}

function release(): void {
  for (const socket of waiting) socket.end('stream: OK\0')
  waiting.clear()
}

async function connect(name: 'mx' | 'submissions'): Promise<RawClient> {
  const ca = await readFile(suite.caFile, 'utf8')
  const port = suite.ports[name]
  const tls = name === 'submissions'
  const client = await RawClient.connect({ port, tls, ca, serverName: 'mail.example.test' })
  await reply(client)
  client.sendLine('EHLO client.example.org')
  await reply(client)
  if (tls) {
    client.sendLine(`AUTH PLAIN ${Buffer.from(`\0${ada}\0${password}`).toString('base64')}`)
    assert.match(await reply(client), /^235/)
  }
  return client
}

async function bring(octets: Buffer, name: 'mx' | 'submissions'): Promise<string> {
  const client = await connect(name)
  const from = name === 'mx' ? 'grace@example.org' : ada
  const answer = await transact(client, octets, { from, to: [ada] })
  client.close()
  return answer
}

/** Messages in all mailboxes that mail may come into; waits until the suite is back. */
async function stored(): Promise<number> {
  return waitFor('IMAP to be back', async () => {
    try {
      const imap = await ImapSession.open(suite, ada)
      const count = (await imap.count('INBOX')) + (await imap.count('Junk'))
      await imap.close()
      return count
    } catch {
      return undefined
    }
  })
}

/** Tries again and again, as senders do; what is judged meanwhile is let through. */
function untilTaken(octets: Buffer, name: 'mx' | 'submissions'): Promise<string> {
  return waitFor('an answer that is final', async () => {
    const attempt = bring(octets, name).catch(() => '421')
    const over = attempt.then(() => true)
    while (!(await Promise.race([over, setTimeout(50, false)]))) release()
    const answer = await attempt
    return answer.startsWith('4') ? undefined : answer
  })
}

beforeEach(() => assert.equal(waiting.size, 0))

for (const name of ['mx', 'submissions'] as const) {
  test(`451, nothing is stored, and the next attempt is taken, once (${name})`, async () => {
    const kept = await stored()
    const octets = letter({ from: name === 'mx' ? 'grace@example.org' : ada })
    const answer = bring(octets, name)
    await waitFor('the message to be judged', () => (waiting.size > 0 ? true : undefined))
    const postgres = await suite.pidOf('postgres')
    // Else it would start Postgres again, perhaps sooner than the commit needs it.
    suite.process.kill('SIGSTOP')
    try {
      // The postmaster alone would leave server processes that may commit before they notice.
      for (const pid of [postgres, ...(await descendantsOf(postgres))]) process.kill(pid, 'SIGKILL')
      release()
      assert.match(await answer, /^451 4\.3\.0 /)
    } finally {
      suite.process.kill('SIGCONT')
    }
    assert.equal(await stored(), kept)
    assert.match(await untilTaken(octets, name), /^250 2\.0\.0/)
    assert.equal(await stored(), kept + 1)
    const aside = await suite.posthouse(['quarantine', 'list', '-q'])
    assert.deepEqual([aside.code, aside.stdout], [0, ''], aside.stderr)
  })
}

test('afterwards the store finds nothing wrong with itself', async () => {
  const { code, stdout, stderr } = await suite.posthouse(['store', 'check'])
  assert.equal(code, 0, `${stdout}${stderr}`)
})
