import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uid } from '@posthouse/store'
import { listed, ListingLines } from './listing-lines.ts'
import { uniqueId, writeUniqueId } from './unique-id.ts'

test('numbers are written as they are spelled', () => {
  const values = [0, 1, 9, 10, 99, 100, 65_535, 2 ** 31, 2 ** 32 - 1]
  for (const value of values) {
    assert.equal(new ListingLines().decimal(value).take().toString(), String(value))
  }
  for (const value of values) {
    const expected = value.toString(16).padStart(8, '0')
    assert.equal(new ListingLines().hex8(value).take().toString(), expected)
  }
})

const write = (lines: ListingLines, n: number): void => {
  lines
    .decimal(n)
    .text(' ')
    .decimal(n * 7)
}

test('a list of 100,000 comes in bounded pieces, no line lost, the terminator not alone', () => {
  const numbers = Array.from({ length: 100_000 }, (_, i) => i + 1)
  const pieces: string[] = []
  for (const piece of listed(numbers, write)) {
    assert.ok(piece.length <= 32 * 1024)
    pieces.push(piece.toString('latin1'))
  }
  const expected = numbers.map((n) => `${n} ${n * 7}\r\n`).join('')
  assert.equal(pieces.join(''), `${expected}.\r\n`)
  assert.match(pieces.at(-1) ?? '', /^\d.*\r\n\.\r\n$/s)
  assert.deepEqual(Array.from(listed([], write), String), ['.\r\n'])
})

test('a unique id in a list is the one that is told alone', () => {
  for (const format of ['posthouse', 'dovecot'] as const) {
    for (const number of [1, 255, 4_294_967_295]) {
      const lines = new ListingLines()
      writeUniqueId(lines, format, 532_913_210, uid(number))
      assert.equal(lines.take().toString(), uniqueId(format, 532_913_210, uid(number)))
    }
  }
})
