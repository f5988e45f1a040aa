import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { packPart, partsWith, UnpackedPart, type PackedFacts } from './segment-codec.ts'

/** A row's columns in COPY's binary form. */
function columns(...values: readonly (string | null)[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value))
      return Buffer.concat([length, Buffer.from(value ?? '')])
    }),
  )
}

const messages: readonly PackedFacts[] = [
  { uid: 3, messageId: 900, octets: columns('("a" NIL)', '("TEXT")') },
  { uid: 4, messageId: 12, octets: columns('', '()') },
  { uid: 70_000, messageId: 2 ** 52, octets: columns('x'.repeat(5_000), 'ü') },
]

test('what was packed comes out: ids, and each column of each message', async () => {
  const part = new UnpackedPart('structure', await packPart(messages))
  assert.deepEqual([...part.uids], [3, 4, 70_000])
  assert.deepEqual([...part.messageIds], [900, 12, 2 ** 52])
  assert.equal(String(part.fact(0, 'envelope')), '("a" NIL)')
  assert.equal(String(part.fact(1, 'envelope')), '')
  assert.equal(String(part.fact(2, 'bodyStructure')), 'ü')
  for (const [i, { octets }] of messages.entries()) assert.deepEqual(part.octetsAt(i), octets)
})

test('a message is found by its UID and its id together', async () => {
  const part = new UnpackedPart('structure', await packPart(messages))
  assert.equal(part.indexOf(4, 12), 1)
  assert.equal(part.indexOf(4, 13), -1)
  assert.equal(part.indexOf(5, 12), -1)
})

test('which parts have these facts, and that some facts are in none', () => {
  assert.deepEqual(partsWith(['envelope', 'bodyStructure']), ['structure'])
  assert.deepEqual(partsWith(['subject', 'header']), ['search', 'header'])
  assert.equal(partsWith(['envelope', 'parts']), undefined)
})

test('damage is an error: cut off, grown, of another form, no columns', async () => {
  const octets = zstdDecompressSync(await packPart(messages))
  const other = Buffer.from(octets)
  other.writeUInt32LE(9, 0)
  const many = Buffer.from(octets)
  many.writeUInt32LE(2 ** 31, 4)
  const wrong = [octets.subarray(0, -1), Buffer.concat([octets, Buffer.alloc(1)]), other, many]
  for (const damaged of [...wrong, Buffer.alloc(0)]) {
    assert.throws(() => new UnpackedPart('structure', zstdCompressSync(damaged)), RangeError)
  }
})
