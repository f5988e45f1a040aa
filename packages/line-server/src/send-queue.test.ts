import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SendQueue } from './send-queue.ts'

/** Takes parts out while there are any. */
function* partsOf(queue: SendQueue, now: boolean): Generator<Buffer> {
  for (let part = queue.take(now); part !== undefined; part = queue.take(now)) {
    yield Buffer.from(part.octets)
    part.release()
  }
}

test('whatever is written comes out in its order, though its memory was used again', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets)),
    fc.nat(200_000).map((length) => Buffer.alloc(length, length)),
    fc.nat(3000).map((length) => 'é'.repeat(length)),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 12 }), (pieces) => {
      const queue = new SendQueue()
      const expected: Buffer[] = []
      const sent: Buffer[] = []
      for (const [octets, now] of pieces) {
        expected.push(Buffer.from(octets))
        if (typeof octets === 'string') queue.addText(octets)
        else {
          const copy = Buffer.from(octets)
          assert.equal(queue.add(copy), copy.length)
          copy.fill(0xee)
        }
        sent.push(...partsOf(queue, now))
      }
      sent.push(...partsOf(queue, true))
      assert.ok(Buffer.concat(sent).equals(Buffer.concat(expected)))
      assert.equal(queue.size, 0)
    }),
    { numRuns: 60 },
  )
})

test('a short piece is never torn, wherever it falls', () => {
  const end = Buffer.from('the last line of a message\r\n.\r\n')
  for (let before = 64 * 1024 - 40; before < 64 * 1024 + 2; before++) {
    const queue = new SendQueue()
    queue.add(Buffer.alloc(before, 'x'))
    queue.add(end)
    const parts = [...partsOf(queue, true)]
    assert.ok(parts.at(-1)?.subarray(-end.length).equals(end), `after ${before}`)
  }
})

test('no more is taken over than is asked for', () => {
  const queue = new SendQueue()
  const octets = Buffer.from('0123456789')
  assert.equal(queue.add(octets, 2, 3), 5)
  assert.equal(queue.size, 3)
  assert.equal(Buffer.concat([...partsOf(queue, true)]).toString(), '234')
})
