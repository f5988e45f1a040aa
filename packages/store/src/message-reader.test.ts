import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { ContentReader } from './content-reader.ts'
import { messageId } from './ids.ts'
import { MessageReader } from './message-reader.ts'
import { OctetSlabs, slabBytes } from './octet-slabs.ts'
import { deliveryTo, messageNamed, openByName, openMailboxHouse } from './testing/mailbox-house.ts'

const house = await openMailboxHouse()
after(() => house.close())
const account = await house.newAccount()
const contents = sizes().map((size, n) => contentOf(n, size))
for (const octets of contents) await house.store.deliver(deliveryTo(account, octets))
const inbox = await openByName(house.store, account, 'INBOX', true)
after(() => inbox.close())
const prefix = Buffer.from('Return-Path: <>\r\n')
const messages = contents.map((content, i) => {
  const octets = Buffer.concat([prefix, content])
  return { messageId: inbox.state.messageIdAt(i), size: inbox.state.sizeAt(i), octets }
})

/** Short ones, those that are compressed, and those of several chunks. */
function sizes(): readonly number[] {
  const short = Array.from({ length: 60 }, (_, i) => i * 97)
  return [...short, 20_000, 70_000, 262_144, 300_000, 600_000, ...short.slice(0, 20)]
}

function contentOf(n: number, size: number): Buffer {
  const body =
    n % 3 === 0 ? randomBytes(size / 2).toString('hex') : 'lorem ipsum '.repeat(size / 12)
  return Buffer.concat([messageNamed(`m${n}`), Buffer.from(body)])
}

function reader(slabs: OctetSlabs): MessageReader {
  return new MessageReader(house.database, new ContentReader(house.database), slabs)
}

test('many readers with little memory all get every octet, and no more memory than there is', async () => {
  const slabs = new OctetSlabs(3)
  const shared = reader(slabs)
  let mostLent = 0
  const readAll = async (wanted: typeof messages): Promise<void> => {
    let count = 0
    for await (const { wanted: one, octets } of shared.bodies(account, wanted)) {
      assert.ok(octets.equals(one.octets), `message ${one.messageId}`)
      mostLent = Math.max(mostLent, slabs.lent)
      // Others have their turn while this one still uses its octets.
      if (count++ % 7 === 0) await new Promise(setImmediate)
      assert.ok(octets.equals(one.octets), `message ${one.messageId} after a while`)
    }
    assert.equal(count, wanted.length)
  }
  const orders = [messages, messages.toReversed(), messages.slice(30), messages.slice(0, 5)]
  await Promise.all([...orders, ...orders, ...orders].map(readAll))
  assert.ok(mostLent <= 3)
  assert.equal(slabs.lent, 0)
})

test('who reads one after another gets every octet too', async () => {
  const slabs = new OctetSlabs(5)
  const shared = reader(slabs)
  const session = async (): Promise<void> => {
    const ahead = shared.readAhead<(typeof messages)[number]>(account)
    const following = (last: (typeof messages)[number]) =>
      messages.slice(messages.indexOf(last) + 1).filter(({ size }) => size < slabBytes / 4)
    for (const message of messages) {
      const octets = await ahead.read(message, following)
      await new Promise(setImmediate)
      assert.ok(octets?.equals(message.octets), `message ${message.messageId}`)
    }
    ahead.forget()
  }
  await Promise.all(Array.from({ length: 6 }, session))
  assert.ok(slabs.lent <= 5)
})

test('who leaves in the middle gives its memory back', async () => {
  const slabs = new OctetSlabs(4)
  for await (const { octets } of reader(slabs).bodies(account, messages)) {
    if (octets.length > 3000) break
  }
  // The block that was being read ahead comes back when it has been read.
  while (slabs.lent > 0) await new Promise(setImmediate)
})

test('messages that are gone are passed over', async () => {
  const gone = { messageId: messageId(999_999), size: 100, octets: Buffer.alloc(0) }
  const found: number[] = []
  const wanted = [gone, ...messages.slice(0, 2), gone, ...messages.slice(2, 9), gone]
  for await (const { wanted: one } of reader(new OctetSlabs(2)).bodies(account, wanted)) {
    found.push(one.messageId)
  }
  assert.deepEqual(
    found,
    messages.slice(0, 9).map((message) => message.messageId),
  )
})
