import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peekCommand } from './command-start.ts'
import { literalMarker } from './segment.ts'

const marker = (line: string) => literalMarker(Buffer.from(line, 'latin1'))
const peek = (line: string) => peekCommand(Buffer.from(line, 'latin1'))

test('the end of a line announces a literal of each kind', () => {
  assert.deepEqual(marker('a1 LOGIN {5}'), {
    octets: 5,
    isSynchronizing: true,
    isBinary: false,
    start: 9,
  })
  assert.deepEqual(marker('{0+}'), { octets: 0, isSynchronizing: false, isBinary: false, start: 0 })
  assert.deepEqual(marker('x ~{12+}'), {
    octets: 12,
    isSynchronizing: false,
    isBinary: true,
    start: 2,
  })
  assert.equal(marker('{0000000000000000000000007}')?.octets, 7)
  assert.equal(marker('{4294967296}')?.octets, 4294967296)
  assert.equal(marker('{18446744073709551616+}')?.octets, Infinity)
})

test('what only looks like an announcement is none', () => {
  for (const line of [
    '',
    '{',
    '}',
    '{}',
    '{+}',
    '{-1}',
    '{5-}',
    '{5} ',
    '{a}',
    '5}',
    '{5 }',
    '{5}x',
  ]) {
    assert.equal(marker(line), undefined, line)
  }
})

test('tag and command are recovered from any line', () => {
  assert.deepEqual(peek('a1 append INBOX {5}'), { tag: 'a1', name: 'APPEND' })
  assert.deepEqual(peek('a1 uid fetch 1 ('), { tag: 'a1', name: 'UID FETCH' })
  assert.deepEqual(peek('a1 UID'), { tag: 'a1', name: 'UID' })
  assert.deepEqual(peek('a1'), { tag: 'a1' })
  assert.deepEqual(peek('a1 '), { tag: 'a1' })
  assert.deepEqual(peek('a1 \xff\x00'), { tag: 'a1' })
  assert.deepEqual(peek('* NOOP'), {})
  assert.deepEqual(peek('a+ NOOP'), {})
  assert.deepEqual(peek(''), {})
  assert.deepEqual(peek(`${'a'.repeat(300)} NOOP`), {})
})
