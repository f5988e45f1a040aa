import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { RawClient } from '@posthouse/testkit'
import { reply, transact } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'
import { ImapSession } from './house/imap-session.ts'
import { ProcessSuite } from './house/process-suite.ts'

// One sender, many connections, nothing but spam: who else is there must not feel it.

const ada = 'ada@example.test'
const connections = 20
const messagesOfEach = 15
/** What the MX may need more than before, in memory that is not given back at once. */
const mostGrowthMiB = 200

/** Limits that would stop such a sender at the door are out of the way: what is judged here is the judging. */
const config = `
[proxy]
networks = ["127.0.0.0/8"]
[mx]
greeting_delay_ms = 0
connections_per_minute = 100000
messages_per_minute = 100000
sender_messages_per_minute = 100000
`

let suite: ProcessSuite
let ca: string
before(async () => {
  suite = await ProcessSuite.start({
    args: ['mx', 'imap'],
    prepare: (dataDir) => writeFile(path.join(dataDir, 'posthouse.toml'), config),
  })
  await suite.account(ada)
  ca = await readFile(suite.caFile, 'utf8')
})
after(() => suite.stop())

const gtube = ['XJS*C4JDBQADN1.NSBN3*2IDNEN', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('*')

/** Ten kilobytes that make work: words, links, markup. */
function spam(n: number): Buffer {
  const lines = Array.from(
    { length: 80 },
    (_, line) =>
      `<p>Offer ${n}.${line}: <a href="http://shop${line}.example/${n}">https://bank.example/</a> saves you ${line} percent</p>\r\n`,
  )
  const content = 'Content-Type: text/html; charset=utf-8'
  return letter({ from: 'deals@spam.example', content, body: `${lines.join('')}${gtube}\r\n` })
}

async function greeted(address: string): Promise<RawClient> {
  const port = suite.ports.mx
  const client = await RawClient.connect({ port, ca, serverName: 'mail.example.test' })
  client.send(`PROXY TCP4 ${address} 198.51.100.7 56324 25\r\n`)
  await reply(client)
  client.sendLine('EHLO client.example.org')
  await reply(client)
  return client
}

/** Milliseconds that something takes. */
async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now()
  await work()
  return performance.now() - since
}

/** One connection of the flood; how long each message took. */
async function flood(n: number): Promise<readonly number[]> {
  const client = await greeted('192.0.2.66')
  const times: number[] = []
  for (let i = 0; i < messagesOfEach; i++) {
    const octets = spam(n * messagesOfEach + i)
    const from = 'deals@spam.example'
    const attempt = async (): Promise<void> => {
      assert.match(await transact(client, octets, { from, to: [ada] }), /^554 5\.7\.1 /)
    }
    times.push(await timed(attempt))
  }
  client.close()
  return times
}

/** Somebody else's session, who asks again and again until the flood is over. */
async function witness(over: AbortSignal): Promise<readonly number[]> {
  const client = await greeted('198.51.100.99')
  const times: number[] = []
  while (!over.aborted) {
    const ask = async (): Promise<void> => {
      client.sendLine('NOOP')
      assert.match(await reply(client), /^250/)
    }
    times.push(await timed(ask))
  }
  client.close()
  return times
}

/** Somebody else's letters meanwhile; the answers. */
async function honest(over: AbortSignal): Promise<readonly string[]> {
  const client = await greeted('198.51.100.98')
  const answers: string[] = []
  while (!over.aborted) answers.push(await transact(client, letter(), { to: [ada] }))
  client.close()
  return answers
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** The most memory that a process ever had, in MiB. */
async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

test('three hundred messages of spam are refused one by one, and neither others nor memory suffer', async (t) => {
  const mx = await suite.pidOf('mx')
  // Everything that is made once is made.
  const first = await greeted('198.51.100.97')
  assert.match(await transact(first, letter(), { to: [ada] }), /^250/)
  first.close()
  const peak = await peakMiB(mx)

  const over = new AbortController()
  const others = [witness(over.signal), honest(over.signal)] as const
  const floods = await Promise.all(Array.from({ length: connections }, (_, n) => flood(n)))
  over.abort()
  const [noops, answers] = await Promise.all(others)
  const growth = (await peakMiB(mx)) - peak
  const judged = floods.flat()
  assert.equal(judged.length, connections * messagesOfEach)

  const [usual, longest] = [quantile(judged, 0.5), quantile(judged, 1)]
  const [noop, p99] = [quantile(noops, 0.5), quantile(noops, 0.99)]
  t.diagnostic(
    `a message of the flood ${usual.toFixed(0)} ms (half of them), ${longest.toFixed(0)} at most; NOOP of another ${noop.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${noops.length} times; ${answers.length} letters of others; ${growth.toFixed(0)} MiB more`,
  )
  // All are as slow as the machine: what is compared is whether others wait behind everything that is judged.
  assert.ok(2 * noop < usual, `NOOP waited ${noop} ms, a message ${usual} ms`)
  assert.ok(p99 < longest, `NOOP waited ${p99} ms, a message ${longest} ms`)
  assert.ok(answers.length > 0)
  assert.ok(answers.every((answer) => answer.startsWith('250 2.0.0 ')))
  assert.ok(growth < mostGrowthMiB, `${growth} MiB`)
  assert.equal(await suite.pidOf('mx'), mx, 'the same process')

  const imap = await ImapSession.open(suite, ada)
  assert.equal(await imap.count('INBOX'), answers.length + 1)
  assert.equal(await imap.count('Junk'), 0)
  await imap.close()
})
