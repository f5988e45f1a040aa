import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'

let suite: Suite
let client: RawClient
const bodies: Buffer[] = []

/** Small ones, one over the size that is read whole, one over the piece that is sent at once. */
const sizes = [100, 2_000, 300_000, 150, 3_000_000, 120, 90, 4_000, 700, 50, 800, 60]

before(async () => {
  suite = await startSuite({ apps: [app] })
  const { id } = await suite.account('ada@example.test')
  const inbox = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  for (const [i, size] of sizes.entries()) {
    const octets = Buffer.from(`Subject: ${i}\r\n\r\n${`${i} `.repeat(size).slice(0, size)}`)
    bodies.push(octets)
    const request = { octets, facts: computeFacts(octets), flags: [] }
    assert.ok((await suite.store.append(id, inbox.id, request)).ok)
  }
  client = await suite.connect('imap')
  await client.readLine()
  await logIn(client, 'imap', 'ada@example.test')
  client.sendLine('s EXAMINE INBOX')
  await client.readLines((line) => line.startsWith('s '))
})
after(async () => {
  client.close()
  await suite.stop()
})

/** The literals of a command's FETCH responses, in order. */
async function literalsOf(command: string): Promise<string[]> {
  client.sendLine(`t ${command}`)
  const literals: string[] = []
  for (;;) {
    const line = await client.readLine()
    if (line.startsWith('t ')) {
      assert.match(line, /^t OK/)
      return literals
    }
    const size = /\{(\d+)\}$/.exec(line)?.[1]
    if (size !== undefined) literals.push(await client.readOctets(Number(size)))
  }
}

const texts = (): string[] => bodies.map((octets) => octets.toString('latin1'))

test('one command brings all messages, large ones among small ones', async () => {
  assert.deepEqual(await literalsOf('FETCH 1:* BODY.PEEK[]'), texts())
})

test('message by message, forwards and backwards, each is the right one', async () => {
  const forwards = bodies.map((_, i) => i)
  for (const order of [forwards, forwards.toReversed()]) {
    for (const i of order) {
      assert.deepEqual(await literalsOf(`UID FETCH ${i + 1} (UID BODY.PEEK[])`), [texts()[i]])
    }
  }
})

test('jumping about is served as well', async () => {
  for (const i of [3, 4, 3, 5, 9, 8, 7, 0, 11, 1, 2]) {
    assert.deepEqual(await literalsOf(`FETCH ${i + 1} BODY.PEEK[]`), [texts()[i]])
  }
})

test('partials of a large message are cut where they were asked for', async () => {
  const whole = texts()[4] ?? ''
  const [first, , rest] = await literalsOf(
    'FETCH 5 (BODY.PEEK[]<0.5> BODY.PEEK[TEXT] BODY.PEEK[]<1000000.1500000>)',
  )
  assert.equal(first, whole.slice(0, 5))
  assert.equal(rest, whole.slice(1_000_000, 2_500_000))
})

test('a client that does not read holds the server back, and loses nothing', async () => {
  const slow = await suite.connect('imap')
  await slow.readLine()
  await logIn(slow, 'imap', 'ada@example.test')
  slow.sendLine('s EXAMINE INBOX')
  slow.sendLine('a FETCH 1:* BODY.PEEK[]')
  slow.sendLine('b LOGOUT')
  // Others are served meanwhile.
  assert.equal((await literalsOf('FETCH 1:4 BODY.PEEK[TEXT]')).length, 4)
  const everything = await slow.readToEnd()
  for (const text of texts()) assert.ok(everything.includes(text))
  assert.match(everything, /\r\na OK .*\r\n\* BYE .*\r\nb OK .*\r\n$/)
})
