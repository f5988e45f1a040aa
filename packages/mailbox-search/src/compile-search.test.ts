import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor, searchProgram } from '@posthouse/imap-wire'
import { messageId, modSeq, uid } from '@posthouse/store'
import { compileSearch, type SearchScope } from './compile-search.ts'
import { messageText } from './message-text.ts'
import { SearchedMessage } from './searched-message.ts'
import { SearchTerms } from './search-terms.ts'

const uids = Uint32Array.of(10, 20, 30)
const scope: SearchScope = {
  numbers: { size: 3, lastUid: 30, uidsOf: ({ from, to }) => uids.subarray(from - 1, to) },
  terms: new SearchTerms(),
  saved: [{ first: 20, last: 20 }],
  savedNumbers: () => [{ first: 2, last: 2 }],
  // A minute after the message has come.
  now: Date.UTC(2024, 1, 1, 0, 0, 59) / 1000,
  flagTest: (name) => {
    const bit = new Map([
      ['\\Seen', 1],
      ['\\Deleted', 8],
      ['$Work', 32],
    ]).get(name)
    return (flags) => bit !== undefined && (flags & bit) !== 0
  },
}

function message(flags = 0): SearchedMessage {
  const received = Date.UTC(2024, 0, 31, 23, 59, 59) / 1000
  const row = { flags, size: 500, received, modSeq: modSeq(77), messageId: messageId(9) }
  const made = new SearchedMessage(2, uid(20), row, { isRecent: () => false })
  made.threadId = 8
  return made
}

function run(program: string, tested: SearchedMessage): boolean | undefined {
  const cursor = new Cursor([{ kind: 'line', octets: Buffer.from(program) }])
  return compileSearch(searchProgram(cursor), scope)(tested)
}

const decidedByMemory: readonly (readonly [string, boolean])[] = [
  ['ALL', true],
  ['SEEN', true],
  ['UNSEEN', false],
  ['KEYWORD $Work', false],
  ['KEYWORD never', false],
  ['UNKEYWORD never', true],
  ['2', true],
  ['1,3', false],
  ['3:*', false],
  ['*:2', true],
  ['99', false],
  ['UID 20:29', true],
  ['UID 21:*', false],
  ['LARGER 499', true],
  ['LARGER 500', false],
  ['SMALLER 501', true],
  ['ON 31-Jan-2024', true],
  ['ON 1-Feb-2024', false],
  ['BEFORE 31-Jan-2024', false],
  ['BEFORE 1-Feb-2024', true],
  ['SINCE 31-Jan-2024', true],
  ['SINCE 1-Feb-2024', false],
  ['OLDER 59', true],
  ['OLDER 60', true],
  ['OLDER 61', false],
  ['YOUNGER 59', false],
  ['YOUNGER 60', true],
  ['YOUNGER 61', true],
  ['EMAILID M9', true],
  ['EMAILID M99', false],
  ['THREADID T8', true],
  ['THREADID T9', false],
  ['SAVEDATESUPPORTED', true],
  ['MODSEQ 77', true],
  ['MODSEQ 78', false],
  ['MODSEQ 0', true],
  ['MODSEQ "/flags/\\\\Seen" all 78', false],
  ['$', true],
  ['NOT UID $', false],
  ['UID 1,$', true],
  ['NOT SEEN', false],
  ['OR UNSEEN DELETED', false],
  ['(SEEN NOT DELETED)', true],
  // What memory knows is enough here, although the rest is unknown.
  ['UNSEEN BODY x', false],
  ['OR SEEN BODY x', true],
  ['NOT (UNSEEN TEXT x)', true],
  ['BODY ""', true],
]

for (const [program, expected] of decidedByMemory) {
  test(`memory decides ${program}`, () => {
    assert.equal(run(program, message(1)), expected)
  })
}

for (const program of [
  'BODY x',
  'NOT BODY x',
  'SEEN SUBJECT x',
  'OR UNSEEN FROM x',
  'SENTON 1-Jan-2024',
]) {
  test(`memory does not decide ${program}`, () => {
    assert.equal(run(program, message(1)), undefined)
  })
}

test('facts decide fields, and octets the rest', async () => {
  const content = Buffer.from('Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nX-A: b\r\n\r\nHello =41\r\n')
  const header = content.subarray(0, content.indexOf('\r\n\r\n') + 4)
  const tested = message()
  tested.facts = {
    subject: 'grüße',
    sentDay: null,
    prefix: Buffer.from('Return-Path: <>\r\n'),
    header,
    headerSize: header.length,
  }
  assert.equal(run('SUBJECT "GRÜSSE"', tested), false)
  assert.equal(run('SUBJECT "GRÜßE"', tested), true)
  assert.equal(run('HEADER x-a B', tested), true)
  assert.equal(run('HEADER X-A c', tested), false)
  assert.equal(run('HEADER Return-Path ""', tested), true)
  assert.equal(run('NOT SENTON 1-Jan-2024', tested), true)
  assert.equal(run('TEXT "x-a: b"', tested), true)
  assert.equal(run('TEXT hello', tested), undefined)
  tested.text = await messageText(content)
  assert.equal(run('TEXT hello', tested), true)
  assert.equal(run('BODY subject', tested), false)
})
