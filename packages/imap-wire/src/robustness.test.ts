import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseWith } from './cursor.ts'
import { wholeCommand } from './testing/commands.ts'
import { cursorOn } from './testing/segments.ts'

fc.configureGlobal({ seed: 20260101 })

/** Words that the grammar reacts to; the idea of imap-codec's fuzzing dictionary. */
const words = [
  ' ', ' ', ' ', 'a1', '(', ')', '[', ']', '<', '>', '"', '\\', '{', '}', '{3}\r\nabc', '{3+}\r\na\0c',
  '~{2}\r\n\0\xff', '{4294967295}', '{99999999999999999999}', '*', '%', ':', ',', '.', '-', '+', '&',
  '&AOk-', '=', '0', '1', '12', '4294967295', '4294967296', '1:*', 'NIL', 'INBOX', 'UID', 'FETCH',
  'STORE', 'SEARCH', 'LIST', 'LSUB', 'STATUS', 'APPEND', 'LOGIN', 'AUTHENTICATE', 'CREATE', 'USE',
  'RENAME', 'COPY', 'ID', 'ENABLE', 'BODY', 'BODY.PEEK', 'BODY[', 'HEADER', 'HEADER.FIELDS', 'MIME',
  'TEXT', 'FLAGS', '+FLAGS.SILENT', '\\Seen', '\\*', '\\Recent', 'NOT', 'OR', 'ALL', 'CHARSET',
  'UTF-8', 'KEYWORD', 'BEFORE', '1-Feb-2026', '"17-Jul-1996 02:44:25 -0700"', 'RETURN', 'SUBSCRIBED',
  'RECURSIVEMATCH', 'CHANGEDSINCE', 'UNCHANGEDSINCE', 'VANISHED', 'PARTIAL', '-1:-5', 'MODSEQ', 'QRESYNC',
  'SAVE', '$', 'REVERSE', 'DATE', 'REFERENCES', 'OLDER', '"/flags/\\\\Seen"', 'MESSAGES', 'UTF8', '\r\n', '\n', '\0', '\x7f', '\xe9', '\xff',
] // prettier-ignore

const nonsense = fc
  .array(fc.constantFrom(...words), { maxLength: 40 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

/** Parse; the only exception that may come is the syntax error, within the command's octets. */
function survive(octets: Buffer, utf8 = false): void {
  const result = parseWith(cursorOn(octets, { utf8 }), wholeCommand)
  if (!result.ok) assert.ok(result.error.position <= octets.length)
}

test('random words of the grammar are understood or refused', () => {
  const verb = fc.constantFrom(
    'FETCH 1 ', 'UID FETCH 1 FLAGS (', 'SEARCH ', 'SORT (', 'THREAD ', 'SELECT a (', 'STORE 1 (', 'LIST ', 'STORE 1 ', 'STATUS a ', 'APPEND a ', 'ID ', 'CREATE a ', '',
  ) // prettier-ignore
  fc.assert(
    fc.property(verb, nonsense, fc.boolean(), (start, octets, utf8) => {
      survive(Buffer.concat([Buffer.from(`a1 ${start}`), octets]), utf8)
    }),
    { numRuns: 4000 },
  )
})

test('random octets are understood or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      survive(Buffer.from(octets))
      survive(Buffer.concat([Buffer.from('a1 SEARCH '), Buffer.from(octets)]))
      survive(Buffer.concat([Buffer.from('a1 FETCH 1 '), Buffer.from(octets)]))
    }),
    { numRuns: 1000 },
  )
})

/** Floods of a megabyte: each must end, and soon; a quadratic parser would take hours over them. */
const floods: readonly (readonly [string, string])[] = [
  ['a1 SEARCH ', '('],
  ['a1 SEARCH ', 'NOT '],
  ['a1 SEARCH ', 'OR '],
  ['a1 SEARCH ', 'ALL '],
  ['a1 SEARCH ', '(ALL) '],
  ['a1 SEARCH SUBJECT "', '\\"'],
  ['a1 FETCH ', '1,'],
  ['a1 FETCH ', '9'],
  ['a1 FETCH 1 ', '('],
  ['a1 FETCH 1 (', 'FLAGS '],
  ['a1 FETCH 1 BODY[', '1.'],
  ['a1 FETCH 1 BODY[HEADER.FIELDS (', 'a '],
  ['a1 STORE 1 FLAGS (', 'a '],
  ['a1 STORE 1 FLAGS ', '\\Seen '],
  ['a1 SEARCH RETURN (', 'ALL '],
  ['a1 SORT (', 'DATE '],
  ['a1 SELECT a (QRESYNC (1 1 ', '1,'],
  ['a1 SELECT a (QRESYNC (1 1 (1 ', '2,'],
  ['a1 SELECT a (', 'CONDSTORE '],
  ['a1 FETCH 1 FLAGS (', 'CHANGEDSINCE 1 '],
  ['a1 FETCH ', '$,'],
  ['a1 SEARCH ', 'MODSEQ 1 '],
  ['a1 LIST "" ', '%*'],
  ['a1 LIST "" (', '* '],
  ['a1 LIST (', 'SUBSCRIBED '],
  ['a1 SELECT "', '&AOk-'],
  ['a1 SELECT ', 'a'],
  ['a1 ID (', ' '],
  ['a1 ID (', '"a" "b" '],
  ['a1 ENABLE ', 'X '],
  ['a1 AUTHENTICATE PLAIN ', 'A'],
  ['', 'a'],
  ['', '('],
  ['', '{'],
  ['a1 NOOP ', '{1'],
]

test('a megabyte of one thing is read once and answered', () => {
  for (const [start, unit] of floods) {
    const flood = unit.repeat(Math.floor((1024 * 1024) / unit.length))
    survive(Buffer.from(start + flood))
  }
})
