import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerFields, selectHeaderFields, unfold } from './header-fields.ts'

const header = Buffer.from(
  [
    'From ada Sat Jan  1 00:00:00 2000',
    'Subject: one',
    ' two',
    'no colon here',
    ' and its continuation',
    'FROM : ada@example.test',
    'X-Empty:',
    'subject: again',
    '',
    '',
  ].join('\r\n'),
)
const span = { start: 0, end: header.length }

test('fields are named as written and keep their octets', () => {
  const fields = headerFields(header, span)
  assert.deepEqual(
    fields.map(({ name, value }) => [name, unfold(value)]),
    [
      ['Subject', 'one two'],
      ['FROM', 'ada@example.test'],
      ['X-Empty', ''],
      ['subject', 'again'],
    ],
  )
  assert.equal(fields[0]?.raw.toString(), 'Subject: one\r\n two\r\n')
})

test('selected fields come whole, in order, with the empty line', () => {
  const only = selectHeaderFields(header, span, ['SUBJECT', 'missing'], 'only')
  assert.equal(only.toString(), 'Subject: one\r\n two\r\nsubject: again\r\n\r\n')
  const except = selectHeaderFields(header, span, ['Subject'], 'except')
  assert.equal(except.toString(), 'FROM : ada@example.test\r\nX-Empty:\r\n\r\n')
})

test('a header without an empty line gets none', () => {
  const octets = Buffer.from('A: 1\nB: 2\n')
  const whole = { start: 0, end: octets.length }
  assert.equal(selectHeaderFields(octets, whole, ['b'], 'only').toString(), 'B: 2\n')
  const empty = selectHeaderFields(Buffer.alloc(0), { start: 0, end: 0 }, ['b'], 'except')
  assert.equal(empty.length, 0)
})

test('a header that is only an empty line is that line', () => {
  const octets = Buffer.from('\r\nbody')
  assert.equal(selectHeaderFields(octets, { start: 0, end: 2 }, ['a'], 'only').toString(), '\r\n')
})

test('names like __proto__ are names like any other', () => {
  const octets = Buffer.from('__proto__: x\r\nconstructor: y\r\n\r\n')
  const fields = headerFields(octets, { start: 0, end: octets.length })
  assert.deepEqual(
    fields.map((field) => field.name),
    ['__proto__', 'constructor'],
  )
})
