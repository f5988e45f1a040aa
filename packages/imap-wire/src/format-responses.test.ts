import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  formatCapability,
  formatEnabled,
  formatExists,
  formatFlags,
  formatId,
  formatList,
  formatNamespace,
  formatRecent,
  formatStatus,
  formatVanished,
  startEsearch,
} from './format-data.ts'
import { formatQuota, formatQuotaRoot } from './format-quota.ts'
import {
  formatContinuation,
  formatTagged,
  formatUntaggedStatus,
  type ResponseCode,
} from './format-status.ts'

fc.configureGlobal({ seed: 20260101 })

const wire = (...octets: readonly Buffer[]): string => Buffer.concat(octets).toString('latin1')

test('status responses carry their code in brackets', () => {
  assert.equal(wire(formatTagged('a1', 'OK', 'Done')), 'a1 OK Done\r\n')
  assert.equal(
    wire(formatTagged('a1', 'NO', 'No such mailbox', 'TRYCREATE')),
    'a1 NO [TRYCREATE] No such mailbox\r\n',
  )
  assert.equal(
    wire(
      formatTagged('a1', 'OK', 'Copied', {
        code: 'COPYUID',
        uidValidity: 38505,
        from: [304, 319, 320],
        to: [3956, 3957, 3958],
      }),
    ),
    'a1 OK [COPYUID 38505 304,319:320 3956:3958] Copied\r\n',
  )
  assert.equal(
    wire(formatTagged('a1', 'OK', 'Added', { code: 'APPENDUID', uidValidity: 1, uids: [7] })),
    'a1 OK [APPENDUID 1 7] Added\r\n',
  )
  assert.equal(
    wire(
      formatUntaggedStatus('OK', 'Limited', { code: 'PERMANENTFLAGS', flags: ['\\Seen', '\\*'] }),
    ),
    '* OK [PERMANENTFLAGS (\\Seen \\*)] Limited\r\n',
  )
  assert.equal(
    wire(formatUntaggedStatus('OK', 'Next', { code: 'UIDNEXT', value: 4392 })),
    '* OK [UIDNEXT 4392] Next\r\n',
  )
  assert.equal(
    wire(formatTagged('a1', 'NO', 'No', { code: 'BADCHARSET', charsets: ['US-ASCII', 'UTF-8'] })),
    'a1 NO [BADCHARSET (US-ASCII UTF-8)] No\r\n',
  )
  assert.equal(
    wire(formatUntaggedStatus('OK', 'Hello', { code: 'CAPABILITY', names: ['IMAP4rev1', 'IDLE'] })),
    '* OK [CAPABILITY IMAP4rev1 IDLE] Hello\r\n',
  )
  assert.equal(wire(formatContinuation()), '+ \r\n')
  assert.equal(wire(formatContinuation('idling')), '+ idling\r\n')
})

const code = (value: ResponseCode): string => wire(formatUntaggedStatus('OK', 'x', value))

test('codes of mod-sequences and progress', () => {
  assert.equal(
    code({ code: 'HIGHESTMODSEQ', value: 2 ** 53 - 1 }),
    '* OK [HIGHESTMODSEQ 9007199254740991] x\r\n',
  )
  assert.equal(code({ code: 'MODIFIED', messages: [7, 9, 10] }), '* OK [MODIFIED 7,9:10] x\r\n')
  const working = { code: 'INPROGRESS', tag: 'A001', done: 175, goal: 1000 } as const
  assert.equal(code(working), '* OK [INPROGRESS ("A001" 175 1000)] x\r\n')
  assert.equal(code({ ...working, goal: undefined }), '* OK [INPROGRESS ("A001" 175 NIL)] x\r\n')
  assert.equal(code({ ...working, goal: 175 }), '* OK [INPROGRESS ("A001" 175 NIL)] x\r\n')
  assert.equal(code({ ...working, tag: 'a]' }), '* OK [INPROGRESS (NIL 175 1000)] x\r\n')
})

test('what vanished is told in sets, and long sets in several responses', () => {
  const few = [
    { first: 3, last: 5 },
    { first: 7, last: 7 },
  ]
  assert.equal(wire(formatVanished(few, false)), '* VANISHED 3:5,7\r\n')
  assert.equal(wire(formatVanished(few, true)), '* VANISHED (EARLIER) 3:5,7\r\n')
  assert.equal(wire(formatVanished([], true)), '')
  const many = Array.from({ length: 5000 }, (_, i) => ({ first: 2 * i + 1, last: 2 * i + 1 }))
  const lines = wire(formatVanished(many, true)).split('\r\n').slice(0, -1)
  assert.ok(lines.length > 1 && lines.every((line) => line.length < 8192))
  const told = lines
    .flatMap((line) => line.slice('* VANISHED (EARLIER) '.length).split(','))
    .map(Number)
  assert.deepEqual(
    told,
    many.map(({ first }) => first),
  )
})

test('the beginning of an ESEARCH response', () => {
  assert.equal(wire(startEsearch('A1', false, [])), '* ESEARCH (TAG "A1")')
  assert.equal(
    wire(
      startEsearch('A1', true, [
        ['MIN', 3],
        ['ALL', '3:5'],
      ]),
    ),
    '* ESEARCH (TAG "A1") UID MIN 3 ALL 3:5',
  )
})

test('no text breaks out of its line or poses as a code', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(
        wire(formatTagged('a1', 'NO', text)),
        /^a1 NO [\x20-\x5a\x5c-\x7e][\x20-\x7e]*\r\n$/,
      )
    }),
  )
})

test('mailbox data', () => {
  assert.equal(wire(formatCapability(['IMAP4rev1', 'IDLE'])), '* CAPABILITY IMAP4rev1 IDLE\r\n')
  assert.equal(wire(formatEnabled([])), '* ENABLED\r\n')
  assert.equal(wire(formatEnabled(['CONDSTORE'])), '* ENABLED CONDSTORE\r\n')
  assert.equal(wire(formatFlags(['\\Seen', 'work'])), '* FLAGS (\\Seen work)\r\n')
  assert.equal(wire(formatExists(23), formatRecent(0)), '* 23 EXISTS\r\n* 0 RECENT\r\n')
  const sent = { name: 'Gesendet ü', attributes: ['\\HasNoChildren', '\\Sent'], delimiter: '/' }
  assert.equal(
    wire(formatList('LIST', sent)),
    '* LIST (\\HasNoChildren \\Sent) "/" "Gesendet &APw-"\r\n',
  )
  assert.equal(
    wire(formatList('LIST', { ...sent, name: 'a', childInfo: ['SUBSCRIBED'] })),
    '* LIST (\\HasNoChildren \\Sent) "/" a ("CHILDINFO" ("SUBSCRIBED"))\r\n',
  )
  assert.equal(
    wire(formatList('LSUB', { name: '', attributes: [], delimiter: null })),
    '* LSUB () NIL ""\r\n',
  )
  assert.equal(
    wire(
      formatStatus('a b', [
        ['MESSAGES', 231],
        ['UIDNEXT', 44292],
      ]),
    ),
    '* STATUS "a b" (MESSAGES 231 UIDNEXT 44292)\r\n',
  )
  assert.equal(
    wire(formatNamespace([{ prefix: '', delimiter: '/' }])),
    '* NAMESPACE (("" "/")) NIL NIL\r\n',
  )
  assert.equal(
    wire(
      formatId([
        ['name', 'Posthouse'],
        ['version', null],
      ]),
    ),
    '* ID ("name" "Posthouse" "version" NIL)\r\n',
  )
  assert.equal(wire(formatId([])), '* ID NIL\r\n')
  assert.equal(
    wire(formatQuota('account', [{ name: 'STORAGE', used: 10, limit: 512 }])),
    '* QUOTA account (STORAGE 10 512)\r\n',
  )
  assert.equal(
    wire(formatQuotaRoot('ü', ['', 'a']), formatQuotaRoot('ü', [], true)),
    '* QUOTAROOT &APw- "" a\r\n* QUOTAROOT "Ã¼"\r\n',
  )
})
