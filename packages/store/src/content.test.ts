import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { chunkBytes, packContent } from './content.ts'
import { unpackChunk } from './content-reader.ts'

const sizes = [
  0,
  1,
  16_383,
  16_384,
  50_000,
  chunkBytes - 1,
  chunkBytes,
  chunkBytes + 1,
  3 * chunkBytes,
]

for (const size of sizes) {
  test(`${size} octets come back, compressible or not`, async () => {
    for (const octets of [randomBytes(size), Buffer.alloc(size, 'Lorem ipsum ')]) {
      const packed = await packContent(octets)
      assert.equal(packed.size, size)
      assert.deepEqual(packed.hash, createHash('sha256').update(octets).digest())
      const chunks = await Promise.all(
        packed.chunks.map(({ encoding, octets: kept }) => unpackChunk(encoding, kept)),
      )
      assert.ok(Buffer.concat(chunks).equals(octets))
      assert.ok(chunks.every((chunk) => chunk.length <= chunkBytes))
      assert.equal(chunks.length, Math.max(1, Math.ceil(size / chunkBytes)))
    }
  })
}

test('random octets and small messages are kept as they are, long text is not', async () => {
  const random = await packContent(randomBytes(100_000))
  const text = await packContent(Buffer.alloc(100_000, 'Lorem ipsum '))
  const small = await packContent(Buffer.alloc(10_000, 'Lorem ipsum '))
  const encodings = [random, text, small].map(({ chunks }) => chunks[0]?.encoding)
  assert.deepEqual(encodings, [0, 1, 0])
})
