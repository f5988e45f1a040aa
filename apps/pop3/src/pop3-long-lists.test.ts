import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { uid } from '@posthouse/store'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from './app.ts'

const messages = process.env['POSTHOUSE_TEST_LONG'] === '1' ? 100_000 : 2_000

/** Different messages, of different sizes; the others are copies. */
const different = 100

let suite: Suite
const sizes: number[] = []

before(async () => {
  suite = await startSuite({ apps: [app] })
  const { id } = await suite.account('ada@example.test')
  const inbox = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const append = async (i: number): Promise<void> => {
    const octets = Buffer.from(`Subject: ${i}\r\n\r\n${'x'.repeat(i)}\r\n`)
    const request = { octets, facts: computeFacts(octets), flags: [] }
    assert.ok((await suite.store.append(id, inbox.id, request)).ok)
    sizes.push(octets.length)
  }
  for (let i = 0; i < different; i++) await append(i)
  const open = await suite.store.open(id, inbox.id, { readOnly: false })
  assert.ok(open)
  const uids = Array.from({ length: different }, (_, i) => uid(i + 1))
  for (let n = different; n < messages; n += different) {
    assert.ok((await open.copy(uids, inbox.id)).ok)
  }
  open.close()
})
after(() => suite.stop())

async function session(): Promise<RawClient> {
  const client = await suite.connect('pop3')
  await client.readLine()
  await logIn(client, 'pop3', 'ada@example.test')
  return client
}

/** What a line of the answer says behind `+OK`. */
async function ask(client: RawClient, line: string): Promise<string> {
  client.sendLine(line)
  const answer = await client.readLine()
  assert.ok(answer.startsWith('+OK '), answer)
  return answer.slice('+OK '.length)
}

async function list(client: RawClient, verb: string): Promise<string[]> {
  await ask(client, verb)
  const lines = await client.readLines((line) => line === '.')
  return lines.slice(0, -1)
}

test(`LIST and UIDL of ${messages} messages tell of every one, in order`, async () => {
  const client = await session()
  const total = (messages / different) * sizes.reduce((sum, size) => sum + size, 0)
  assert.equal(await ask(client, 'STAT'), `${messages} ${total}`)
  const expected = Array.from({ length: messages }, (_, i) => `${i + 1} ${sizes[i % different]}`)
  assert.deepEqual(await list(client, 'LIST'), expected)

  const ids = await list(client, 'UIDL')
  assert.equal(new Set(ids.map((line) => line.split(' ')[1])).size, messages)
  for (const [i, line] of ids.entries()) assert.equal(line.split(' ')[0], String(i + 1))
  for (const number of [1, 2, messages / 2, messages]) {
    assert.equal(await ask(client, `UIDL ${number}`), ids[number - 1])
  }

  await ask(client, 'DELE 2')
  assert.deepEqual(await list(client, 'UIDL'), ids.toSpliced(1, 1))
  assert.deepEqual(await list(client, 'LIST'), expected.toSpliced(1, 1))
  client.close()
})

test('whoever does not read a long list keeps nobody waiting, and finds it whole afterwards', async () => {
  const [slow, other] = [await session(), await session()]
  slow.pause()
  for (const verb of ['UIDL', 'LIST', 'UIDL', 'LIST']) slow.sendLine(verb)
  assert.equal((await list(other, 'UIDL')).length, messages)
  slow.resume()
  for (let n = 0; n < 4; n++) {
    assert.match(await slow.readLine(), /^\+OK /)
    const lines = await slow.readLines((line) => line === '.')
    assert.equal(lines.length, messages + 1)
  }
  slow.close()
  other.close()
})
