import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WholeMessages } from './whole-messages.ts'

/** A message of PostgreSQL's protocol whose body says which it is. */
function message(n: number, length: number): Buffer {
  const octets = Buffer.alloc(5 + length, n)
  octets.write('d', 0)
  octets.writeUInt32BE(4 + length, 1)
  return octets
}

/** Feeds octets in pieces of at most this size, as reads would bring them. */
function feed(messages: WholeMessages, octets: Buffer, most: number): void {
  for (let at = 0; at < octets.length;) {
    const { room } = messages
    assert.ok(room.length > 0, 'there is always room')
    const count = octets.copy(room, 0, at, Math.min(octets.length, at + most))
    messages.take(count)
    at += count
  }
}

test('however reads are cut, whole messages come out in order', () => {
  const lengths = [0, 1, 4, 5, 100, 65_531, 70_000, 131_072, 3, 1_500_000, 2, 262_144, 262_170, 7]
  const all = Buffer.concat(lengths.map((length, n) => message(n, length)))
  for (const most of [1, 5, 1000, 65_536, 1_000_000, all.length]) {
    const given: Buffer[] = []
    const messages = new WholeMessages((whole) => given.push(Buffer.from(whole)))
    // Octet by octet, the large ones would take long and show nothing more.
    const octets = most === 1 ? all.subarray(0, 800) : all
    feed(messages, octets, most)
    const got = Buffer.concat(given)
    assert.ok(got.equals(octets.subarray(0, got.length)))
    if (most > 1) assert.equal(got.length, all.length)
    for (const whole of given) assert.equal(endOf(whole), whole.length)
  }
})

test('memory does not stay large for one large message', () => {
  const messages = new WholeMessages(() => undefined)
  feed(messages, message(1, 5_000_000), 100_000)
  feed(messages, message(2, 10), 100_000)
  assert.ok(messages.room.length <= 1024 * 1024)
})

/** Where the last whole message ends. */
function endOf(octets: Buffer): number {
  let at = 0
  while (at + 5 <= octets.length) at += 1 + octets.readUInt32BE(at + 1)
  return at
}
