import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchKey } from '@posthouse/imap-wire'
import { parseQuery } from './mailbox-query.ts'

const text = (value: string): SearchKey => ({ key: 'TEXT', field: 'TEXT', value })
const subject = (value: string): SearchKey => ({ key: 'TEXT', field: 'SUBJECT', value })
const unseen: SearchKey = { key: 'FLAG', flag: '\\Seen', isSet: false }

const cases: readonly (readonly [readonly string[], SearchKey])[] = [
  [['invoice'], text('invoice')],
  [['invoice 2024'], { key: 'AND', operands: [text('invoice'), text('2024')] }],
  [['2024'], text('2024')],
  [['all', 'seen'], { key: 'AND', operands: [text('all'), text('seen')] }],
  [['IBM'], text('IBM')],
  [['UNSEEN'], unseen],
  [['UNSEEN SUBJECT grüße'], { key: 'AND', operands: [unseen, subject('grüße')] }],
  [['UNSEEN', 'SUBJECT', 'two words'], { key: 'AND', operands: [unseen, subject('two words')] }],
  [['SUBJECT', 'say "hi"'], subject('say "hi"')],
  [['SUBJECT "two words"'], subject('two words')],
  [['(OR UNSEEN SUBJECT x)'], { key: 'OR', left: unseen, right: subject('x') }],
  [
    ['NOT', '(UNSEEN', 'SUBJECT', 'x)'],
    {
      key: 'NOT',
      operand: { key: 'AND', operands: [unseen, subject('x')] },
    },
  ],
  [['SUBJECT', 'a@b.example'], subject('a@b.example')],
]

for (const [words, wanted] of cases) {
  test(`${JSON.stringify(words)} is understood`, () => {
    assert.deepEqual(parseQuery(words), wanted)
  })
}

for (const words of [[], [''], ['UNSEEN FROM'], ['(UNSEEN'], ['SUBJECT', 'a\r\nA1 LOGOUT']]) {
  test(`${JSON.stringify(words)} is refused with what to write`, () => {
    assert.throws(() => parseQuery(words), /no search/)
  })
}
