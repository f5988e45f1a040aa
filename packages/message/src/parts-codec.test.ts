import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexMessage } from './mime-index.ts'
import type { PartNode } from './part.ts'
import { decodeParts, encodeParts } from './parts-codec.ts'

function offsetsOf({ header, body, lines, children, message }: PartNode): PartNode {
  const node = { header, body, lines, children: children.map(offsetsOf) }
  return message === undefined ? node : { ...node, message: offsetsOf(message) }
}

const octets = Buffer.from(
  'Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: message/rfc822\n--x\n' +
    'Content-Type: message/rfc822\n\nSubject: s\n\n' +
    'long line '.repeat(5_000) +
    '\n--x--\n',
)

test('part offsets survive packing', () => {
  const part = indexMessage(octets)
  const packed = encodeParts(part)
  assert.deepEqual(decodeParts(packed), offsetsOf(part))
  assert.ok(packed.length < 60)
})

test('what was not packed here is refused', () => {
  const packed = encodeParts(indexMessage(octets))
  for (let end = 0; end < packed.length; end += 1) {
    assert.throws(() => decodeParts(packed.subarray(0, end)), RangeError)
  }
  assert.throws(() => decodeParts(Buffer.concat([packed, Buffer.alloc(1)])), RangeError)
})
