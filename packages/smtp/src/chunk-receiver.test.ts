import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChunkedMessage, ChunkReceiver } from './chunk-receiver.ts'
import { DataReceiver } from './data-receiver.ts'
import { MemoryBudget } from './memory-budget.ts'
import type { MessageReceiver } from './message-receiver.ts'
import { replies } from './replies.ts'

const budget = new MemoryBudget(100_000_000)

/** Octets that matter, and some that do not. */
const content = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', 'a', '\0', '\r\n.', '\r\n.\r\n', 'text'), {
    maxLength: 12,
  })
  .map((pieces) => Buffer.from(`${pieces.join('')}\r\n`, 'latin1'))

/** Feeds octets in pieces of these sizes; what is left of them when the receiver has enough. */
function feed(receiver: MessageReceiver, octets: Buffer, sizes: readonly number[]): Buffer {
  let at = 0
  for (let i = 0; at < octets.length; i += 1) {
    const piece = octets.subarray(at, at + (sizes[i % sizes.length] ?? 1))
    const end = receiver.feed(piece, 0)
    if (end >= 0) return octets.subarray(at + end)
    at += piece.length
  }
  return Buffer.alloc(0)
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

test('a message in chunks is the message that DATA takes, or is refused as it is there', async () => {
  await fc.assert(
    fc.asyncProperty(content, sizes, sizes, async (octets, cuts, chunks) => {
      const data = new DataReceiver(budget, 1_000_000)
      const stuffed = octets.toString('latin1').replace(/(^|\r\n)\./g, '$1..')
      feed(data, Buffer.from(`${stuffed}.\r\n`, 'latin1'), cuts)
      const message = new ChunkedMessage(budget, 1_000_000)
      let rest: Buffer = Buffer.concat([octets, Buffer.from('NOOP')])
      for (let i = 0, left = octets.length; left > 0; i += 1) {
        const size = Math.min(left, chunks[i % chunks.length] ?? 1)
        rest = feed(new ChunkReceiver(size, false, { kind: 'message', message }), rest, cuts)
        left -= size
      }
      assert.equal(rest.toString(), 'NOOP', 'the octets of the chunks, and none besides')
      const [byData, byChunks] = [await data.finish(), await message.finish()]
      assert.equal(byChunks.ok, byData.ok)
      if (byChunks.ok && byData.ok) assert.deepEqual(byChunks.octets, byData.octets)
      data.release()
      message.release()
    }),
    { numRuns: 3000 },
  )
  assert.equal(budget.used, 0)
})

test('a refused chunk is taken off the wire to its last octet, whatever it is', () => {
  const target = { kind: 'refused', reply: replies.mailFirst } as const
  fc.assert(
    fc.property(content, sizes, (octets, cuts) => {
      const receiver = new ChunkReceiver(octets.length, true, target)
      const rest = feed(receiver, Buffer.concat([octets, Buffer.from('QUIT')]), cuts)
      assert.equal(rest.toString(), 'QUIT')
      assert.equal(receiver.bytes, octets.length)
    }),
    { numRuns: 1000 },
  )
})
