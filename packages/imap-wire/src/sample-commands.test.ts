import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWith } from './cursor.ts'
import { ImapSyntaxError } from './syntax-error.ts'
import { wholeCommand } from './testing/commands.ts'
import { cursorOn } from './testing/segments.ts'

/** As real clients send them. */
const commands = [
  'a1 NOOP',
  'A1B.]2 capability ',
  'a2 LOGIN mrc secret',
  'a2 LOGIN "ada@example.test" {10}\r\nanalytical',
  'a2 LOGIN {16+}\r\nada@example.test {10+}\r\nanalytical',
  'a3 AUTHENTICATE PLAIN',
  'a3 AUTHENTICATE PLAIN AGFkYQBwYXNz',
  'a3 AUTHENTICATE PLAIN =',
  'a4 ID NIL',
  'a4 ID ("name" "Thunderbird"  "version" "140.0" "x" NIL)',
  'a5 ENABLE UTF8=ACCEPT CONDSTORE',
  'a6 SELECT INBOX',
  'a6 SELECT "&AOk-t&AOk-"',
  'a7 CREATE Sent (USE (\\Sent))',
  'a7 CREATE "Folder with spaces/"',
  'a8 RENAME {3}\r\nold {3}\r\nnew',
  'a9 LIST "" "*"',
  'a9 LIST "" %',
  'a9 list (subscribed) "" "*" return (special-use)',
  'a9 LIST (RECURSIVEMATCH SUBSCRIBED) "" ("INBOX" "a/%") RETURN (CHILDREN STATUS (MESSAGES UNSEEN))',
  'a9 LSUB "" "a*"',
  'a10 STATUS "INBOX" (UIDNEXT MESSAGES UNSEEN RECENT)',
  'a11 APPEND Drafts (\\Seen \\Draft $Label1) "17-Jul-2026 02:44:25 -0700" {5}\r\nhello',
  'a11 APPEND Drafts " 7-Jul-2026 02:44:25 +0200" {5+}\r\nhello',
  'a11 APPEND Drafts () ~{5}\r\nhel\0o',
  'a11 APPEND Drafts UTF8 (~{5}\r\nhello)',
  'a12 UID SEARCH 1:* NOT DELETED',
  'a12 SEARCH CHARSET UTF-8 OR (FROM "x" TO y) (BODY {4}\r\n\u00e9\u00e9 SINCE 1-Feb-2026)',
  'a12 UID SEARCH HEADER MESSAGE-ID "<a@b>" UID 5:3,*,7 KEYWORD $Junk LARGER 100',
  'a13 FETCH 1:* ALL',
  'a13 UID FETCH 1:* (FLAGS)',
  'a13 UID FETCH 4,5 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc "Sub ject")])',
  'a13 FETCH 2 BODY[1.2.MIME]<0.32768>',
  'a13 FETCH 2 (BODY BODYSTRUCTURE RFC822 BODY[] BODY[TEXT] BODY[3.HEADER])',
  'a14 STORE 1:3 +FLAGS.SILENT (\\Deleted)',
  'a14 UID STORE 5 flags \\seen work',
  'a14 UID STORE 5 -FLAGS ()',
  'a11 APPEND Sent {5+}\r\nhello (\\Seen) {5}\r\nhello "17-Jul-2026 02:44:25 -0700" {2+}\r\nhi',
  'a11 REPLACE 4 Drafts (\\Seen \\Draft) "17-Jul-2026 02:44:25 -0700" {5}\r\nhello',
  'a11 UID REPLACE * {6}\r\nDrafts UTF8 (~{5+}\r\nhello)',
  'a6 SELECT INBOX (CONDSTORE)',
  'a6 EXAMINE "INBOX" (QRESYNC (67890007 20050715194045000 41,43:211,214:541))',
  'a6 SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211 (1:3,5 41:43,50)) CONDSTORE)',
  'a6 SELECT INBOX (QRESYNC (67890007 9223372036854775807 (1 41)))',
  'a10 STATUS "INBOX" (UIDNEXT HIGHESTMODSEQ)',
  'a12 SEARCH RETURN (MIN COUNT) MODSEQ "/flags/\\\\draft" all 620162338',
  'a12 UID SEARCH RETURN () CHARSET UTF-8 MODSEQ 0 YOUNGER 60',
  'a12 SEARCH RETURN (SAVE PARTIAL -1:-100) OR $ UID $,5',
  'a12 SORT (SUBJECT REVERSE DATE) UTF-8 ALL',
  'a12 UID SORT RETURN (ALL COUNT) (DISPLAYFROM) "us-ascii" SINCE 1-Feb-2026 OLDER 1',
  'a12 THREAD REFERENCES UTF-8 SUBJECT "x"',
  'a12 SEARCH SAVEDSINCE 1-Feb-2026 SAVEDBEFORE "3-Feb-2026" SAVEDON 2-Feb-2026 SAVEDATESUPPORTED',
  'a12 SEARCH EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9',
  'a13 FETCH 1 (PREVIEW (LAZY) SAVEDATE EMAILID THREADID PREVIEW)',
  'a13 FETCH 1 PREVIEW (LAZY)',
  'a13 FETCH 1 (BINARY[1.2] BINARY.PEEK[1]<0.100> BINARY.SIZE[3] BINARY[])',
  'a13 FETCH 1 PREVIEW (CHANGEDSINCE 1)',
  'a10 STATUS INBOX (MAILBOXID DELETED DELETED-STORAGE)',
  'a10 GETQUOTA ""',
  'a10 GETQUOTAROOT INBOX',
  'a5 COMPRESS DEFLATE',
  'a13 FETCH $ (UID MODSEQ) (CHANGEDSINCE 12345)',
  'a13 UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)',
  'a13 UID FETCH 1:* FLAGS (PARTIAL -1:-30 CHANGEDSINCE 98305)',
  'a14 STORE 7,5,9 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\\Deleted)',
  'a9 XLIST "" "*"',
  'a15 COPY 2:4 MEETING',
  'a15 UID MOVE 2:4 "Archive/2026"',
  'a15 UID EXPUNGE 3000:3002',
]

test('commands as clients send them are understood', () => {
  for (const command of commands) {
    const result = parseWith(cursorOn(command), wholeCommand)
    assert.ok(result.ok, `${JSON.stringify(command)}: ${result.ok ? '' : result.error.message}`)
  }
})

test('a command that is cut anywhere is understood or refused with a position within it', () => {
  for (const command of commands) {
    const octets = Buffer.from(command)
    for (let cut = 0; cut < octets.length; cut += 1) {
      const result = parseWith(cursorOn(octets.subarray(0, cut)), wholeCommand)
      if (!result.ok) assert.ok(result.error.position <= cut, `${command} cut at ${cut}`)
    }
  }
})

test('a command with one octet changed never fails in another way', () => {
  for (const command of commands) {
    const octets = Buffer.from(command)
    for (let at = 0; at < octets.length; at += 1) {
      for (const octet of [0x00, 0x20, 0x22, 0x28, 0x29, 0x2a, 0x5c, 0x7b, 0x7d, 0x30, 0xff]) {
        const changed = Buffer.from(octets)
        changed[at] = octet
        parseWith(cursorOn(changed), wholeCommand)
      }
    }
  }
})

test('spaces too many are forgiven, as Dovecot and James forgive them', () => {
  const sloppy = [
    'a1  NOOP ',
    'a1 STORE 1  FLAGS  ( \\Seen )',
    'a1 STATUS a (  MESSAGES  UNSEEN )  ',
    'a1 SEARCH  ( ALL )  SEEN ',
    'a1 FETCH 1 ( FLAGS  UID )',
    'a1 ID ("vendor", "whatever", "version" 102.7.1)',
  ]
  for (const command of sloppy) {
    const result = parseWith(cursorOn(command), wholeCommand)
    assert.ok(result.ok, `${command}: ${result.ok ? '' : result.error.message}`)
  }
})

/** Command, and what its refusal says. */
const refused: readonly (readonly [string, RegExp])[] = [
  ['', /tag/],
  [' NOOP', /tag/],
  ['a+1 NOOP', /space/],
  ['a1', /space/],
  ['a1 ', /command/],
  ['a1 NOOP now', /end of the command/],
  ['a1 LOGIN mrc', /space/],
  ['a1 LOGIN "a\\b" c', /backslash/],
  ['a1 LOGIN "ab', /not closed/],
  ['a1 LOGIN a*b c', /space/],
  ['a1 LOGIN {2}\r\na\0 c', /NUL/],
  ['a1 SELECT {3', /literal/],
  ['a1 SELECT {-1}', /literal/],
  ['a1 SELECT {99999999999999999999}', /literal/],
  ['a1 FETCH 0 FLAGS', /above zero/],
  ['a1 FETCH 01 FLAGS', /above zero/],
  ['a1 FETCH 4294967296 FLAGS', /out of range/],
  ['a1 FETCH 1: FLAGS', /number/],
  ['a1 FETCH 1,,2 FLAGS', /number/],
  ['a1 FETCH 1:2:3 FLAGS', /space/],
  ['a1 FETCH 1 ()', /empty/],
  ['a1 FETCH 1 (ALL)', /FETCH item/],
  ['a1 FETCH 1 (FLAGS', /"\)"/],
  ['a1 FETCH 1 BODY.PEEK', /FETCH item/],
  ['a1 FETCH 1 FLAGS[]', /FETCH item/],
  ['a1 FETCH 1 BODY[MIME]', /part number/],
  ['a1 FETCH 1 BODY[0]', /above zero/],
  ['a1 FETCH 1 BODY[1.]', /section/],
  ['a1 FETCH 1 BODY[HEADER.FIELDS]', /space/],
  ['a1 FETCH 1 BODY[HEADER.FIELDS ()]', /empty/],
  ['a1 FETCH 1 BODY[]<0>', /"\."/],
  ['a1 FETCH 1 BODY[]<0.0>', /above zero/],
  ['a1 FETCH 1 BODY[]<-1.5>', /number/],
  ['a1 FETCH 1 BODY[', /"\]"|section/],
  ['a1 STORE 1 FLAGS', /space/],
  ['a1 STORE 1 FLAGS (\\Recent)', /settable/],
  ['a1 STORE 1 FLAGS (\\*)', /settable/],
  ['a1 STORE 1 FLAGS \\Nonsense', /settable/],
  ['a1 STORE 1 *FLAGS (\\Seen)', /atom/],
  ['a1 STORE 1 FLAGS (a]b)', /"\)"/],
  ['a1 STATUS INBOX ()', /empty/],
  ['a1 STATUS INBOX MESSAGES', /"\("/],
  ['a1 STATUS INBOX (NONSENSE)', /STATUS item/],
  ['a1 SEARCH', /space/],
  ['a1 SEARCH ', /search key/],
  ['a1 SEARCH NONSENSE', /search key/],
  ['a1 SEARCH ()', /search key/],
  ['a1 SEARCH (ALL', /"\)"/],
  ['a1 SEARCH OR ALL', /space/],
  ['a1 SEARCH BEFORE 31-Feb-2026', /no such day/],
  ['a1 SEARCH BEFORE 1-Foo-2026', /month/],
  ['a1 SEARCH BEFORE 1-Feb-26', /date/],
  ['a1 SEARCH CHARSET KOI8-R ALL', /character set/],
  ['a1 SEARCH LARGER -1', /number/],
  ['a1 LIST ""', /space/],
  ['a1 LIST (RECURSIVEMATCH) "" *', /SUBSCRIBED/],
  ['a1 LIST (NONSENSE) "" *', /selection option/],
  ['a1 LIST "" * RETURN (NONSENSE)', /return option/],
  ['a1 LIST "" * CHILDREN', /RETURN/],
  ['a1 LIST "" ()', /empty/],
  ['a1 CREATE a (NONSENSE (\\Sent))', /CREATE parameter/],
  ['a1 APPEND INBOX', /space/],
  ['a1 APPEND INBOX hello', /literal/],
  ['a1 APPEND INBOX "hello"', /date/],
  ['a1 APPEND INBOX (\\Seen){5}\r\nhello', /space/],
  ['a1 APPEND INBOX "1-Jul-2026 02:44:25 +0000" {5}\r\nhello', /date/],
  ['a1 APPEND INBOX "01-Jul-2026 24:44:25 +0000" {5}\r\nhello', /time of day/],
  ['a1 APPEND INBOX "01-Jul-2026 22:44:25 +0060" {5}\r\nhello', /time zone/],
  ['a1 APPEND INBOX "01-Jul-2026 22:44:25 GMT" {5}\r\nhello', /time zone/],
  ['a1 APPEND INBOX {5}\r\nhello more', /literal/],
  ['a1 APPEND INBOX {5}\r\nhello{2}\r\nhi', /end of the command/],
  ['a1 APPEND INBOX {5}\r\nhello (\\Seen)', /space/],
  ['a1 SELECT INBOX (NONSENSE)', /SELECT parameter/],
  ['a1 SELECT INBOX ()', /empty/],
  ['a1 SELECT INBOX CONDSTORE', /end of the command/],
  ['a1 SELECT INBOX (QRESYNC)', /space/],
  ['a1 SELECT INBOX (QRESYNC (1))', /space/],
  ['a1 SELECT INBOX (QRESYNC (0 1))', /above zero/],
  ['a1 SELECT INBOX (QRESYNC (1 1 1:*))', /number/],
  ['a1 SELECT INBOX (QRESYNC (1 1 $))', /number/],
  ['a1 SELECT INBOX (QRESYNC (1 1 1:5 (1,2 3)))', /as many/],
  ['a1 SELECT INBOX (QRESYNC (1 1 1:5 (2,1 3,4)))', /ascend/],
  ['a1 SELECT INBOX (QRESYNC (1 1) QRESYNC (1 1))', /twice/],
  ['a1 SELECT INBOX (QRESYNC (1 9223372036854775808))', /out of range/],
  ['a1 FETCH 1 FLAGS (CHANGEDSINCE)', /space/],
  ['a1 FETCH 1 FLAGS (CHANGEDSINCE -1)', /number/],
  ['a1 FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)', /UID FETCH/],
  ['a1 UID FETCH 1 FLAGS (VANISHED)', /CHANGEDSINCE/],
  ['a1 UID FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 2)', /twice/],
  ['a1 UID FETCH 1 FLAGS (NONSENSE)', /FETCH modifier/],
  ['a1 UID FETCH 1 FLAGS ()', /empty/],
  ['a1 UID FETCH 1 FLAGS (PARTIAL -1:5)', /minus/],
  ['a1 UID FETCH 1 FLAGS (PARTIAL 1:-5)', /number/],
  ['a1 UID FETCH 1 FLAGS (PARTIAL 1:*)', /number/],
  ['a1 UID FETCH 1 FLAGS (PARTIAL 0:1)', /above zero/],
  ['a1 STORE 1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 2) FLAGS ()', /twice/],
  ['a1 STORE 1 (NONSENSE 1) FLAGS ()', /STORE modifier/],
  ['a1 STORE 1 () FLAGS ()', /empty/],
  ['a1 SEARCH RETURN (NONSENSE) ALL', /result option/],
  ['a1 SEARCH RETURN (ALL PARTIAL 1:2) ALL', /enough/],
  ['a1 SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL', /enough/],
  ['a1 SEARCH RETURN ALL', /"\("/],
  ['a1 SEARCH RETURN ()', /space/],
  ['a1 SEARCH MODSEQ', /space/],
  ['a1 SEARCH MODSEQ "/flags/x" 1', /priv/],
  ['a1 SEARCH MODSEQ "/other/x" all 1', /metadata/],
  ['a1 SEARCH OLDER 0', /above zero/],
  ['a1 SEARCH YOUNGER -1', /number/],
  ['a1 SORT () UTF-8 ALL', /empty/],
  ['a1 SORT DATE UTF-8 ALL', /"\("/],
  ['a1 SORT (NONSENSE) UTF-8 ALL', /sort key/],
  ['a1 SORT (REVERSE) UTF-8 ALL', /space/],
  ['a1 SORT (REVERSE REVERSE DATE) UTF-8 ALL', /sort key/],
  ['a1 SORT (DATE) UTF-8', /space/],
  ['a1 THREAD NONSENSE UTF-8 ALL', /threading/],
  ['a1 THREAD REFERENCES ALL', /character set/],
  ['a1 ID', /space/],
  ['a1 ID (name "x")', /string/],
  ['a1 ID ("name")', /atom/],
  ['a1 ENABLE', /space/],
]

test('what is not a command is refused with words that say why', () => {
  for (const [command, words] of refused) {
    const result = parseWith(cursorOn(command), wholeCommand)
    assert.ok(!result.ok, `${JSON.stringify(command)} was taken`)
    assert.match(result.error.message, words, JSON.stringify(command))
    assert.ok(result.error instanceof ImapSyntaxError)
  }
})

/** The code of a refusal. */
const codeOf = (command: string): string | undefined => {
  const result = parseWith(cursorOn(command), wholeCommand)
  return result.ok ? 'taken' : result.error.code
}

test('an impossible name, a foreign character set and too deep a search are refusals with a code', () => {
  assert.equal(codeOf('a1 SELECT "&bogus"'), 'CANNOT')
  assert.equal(codeOf('a1 SELECT "\u00e9"'), 'CANNOT')
  assert.equal(codeOf('a1 CREATE "a\tb"'), 'CANNOT')
  assert.equal(codeOf('a1 SEARCH CHARSET KOI8-R ALL'), 'BADCHARSET')
  assert.equal(codeOf(`a1 SEARCH ${'('.repeat(300)}ALL${')'.repeat(300)}`), 'LIMIT')
  assert.equal(codeOf(`a1 SEARCH ${'NOT '.repeat(300)}ALL`), 'LIMIT')
  assert.equal(codeOf(`a1 SEARCH ${'NOT '.repeat(200)}ALL`), 'taken')
  assert.equal(codeOf('a1 FETCH 1'), undefined)
})
