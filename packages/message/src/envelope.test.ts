import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatEnvelope } from './envelope.ts'
import { indexMessage } from './mime-index.ts'

function envelope(...fields: string[]): string {
  const octets = Buffer.from(`${fields.join('\r\n')}\r\n\r\nbody\r\n`)
  return formatEnvelope(octets, indexMessage(octets)).toString('utf8')
}

/** The envelope of a message with one To field, its To member alone. */
function to(value: string): string {
  const [, member = ''] =
    /^\(NIL NIL NIL NIL NIL (.*) NIL NIL NIL NIL\)$/s.exec(envelope(`To: ${value}`)) ?? []
  return member
}

test('all ten members in order', () => {
  assert.equal(
    envelope(
      'Message-ID: <msg@id>',
      'In-Reply-To: <reply@to.id>',
      'Date: Sat, 01 Feb 2007 01:02:03 +0200',
      'Subject: subject header',
      'From: From Real <fromuser@fromdomain.org>',
      'To: To Real <touser@todomain.org>',
      'Cc: Cc Real <ccuser@ccdomain.org>',
      'Bcc: Bcc Real <bccuser@bccdomain.org>',
      'Sender: Sender Real <senderuser@senderdomain.org>',
      'Reply-To: ReplyTo Real <replytouser@replytodomain.org>',
    ),
    '("Sat, 01 Feb 2007 01:02:03 +0200" "subject header" ' +
      '(("From Real" NIL "fromuser" "fromdomain.org")) ' +
      '(("Sender Real" NIL "senderuser" "senderdomain.org")) ' +
      '(("ReplyTo Real" NIL "replytouser" "replytodomain.org")) ' +
      '(("To Real" NIL "touser" "todomain.org")) (("Cc Real" NIL "ccuser" "ccdomain.org")) ' +
      '(("Bcc Real" NIL "bccuser" "bccdomain.org")) "<reply@to.id>" "<msg@id>")',
  )
})

test('what is absent is NIL, what is empty is an empty string or NIL list', () => {
  assert.equal(envelope('X: y'), '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)')
  assert.equal(
    envelope('Date:', 'Subject: ', 'To:', 'In-Reply-To:', 'Message-ID:'),
    '("" "" NIL NIL NIL NIL NIL NIL "" "")',
  )
})

test('Sender and Reply-To default to From when absent or empty', () => {
  const from = '((NIL NIL "a" "b"))'
  assert.equal(
    envelope('From: a@b', 'Sender: '),
    `(NIL NIL ${from} ${from} ${from} NIL NIL NIL NIL NIL)`,
  )
})

test('addresses: names, quoting, comments, routes', () => {
  assert.equal(
    to('"Doe, \\"J\\"" <"john doe"@x.test>'),
    '(("Doe, \\"J\\"" NIL "john doe" "x.test"))',
  )
  assert.equal(to('user@domain (Real Name)'), '(("Real Name" NIL "user" "domain"))')
  assert.equal(to('<@route,@two:user@domain>'), '((NIL "@route,@two" "user" "domain"))')
  assert.equal(to('john . doe @ x . test'), '((NIL NIL "john.doe" "x.test"))')
  assert.equal(
    to('John Q. Public <j@x>, k@[127.0.0.1]'),
    '(("John Q. Public" NIL "j" "x")(NIL NIL "k" "[127.0.0.1]"))',
  )
  assert.equal(to('=?utf-8?q?a=2C_b?= <j@x>'), '(("=?utf-8?q?a=2C_b?=" NIL "j" "x"))')
  assert.equal(to('=?utf-8?Q?a,b@c?= <j@x>'), '(("=?utf-8?Q?a,b@c?=" NIL "j" "x"))')
})

test('groups have a beginning and an end', () => {
  assert.equal(
    to('group: g1@d1.org, g2@d2.org;, two words: ;'),
    '((NIL NIL "group" NIL)(NIL NIL "g1" "d1.org")(NIL NIL "g2" "d2.org")(NIL NIL NIL NIL)' +
      '(NIL NIL "two words" NIL)(NIL NIL NIL NIL))',
  )
  assert.equal(to('open: a@b'), '((NIL NIL "open" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL))')
})

test('broken addresses are told apart from groups', () => {
  assert.equal(to('root'), '((NIL NIL "root" "MISSING_DOMAIN"))')
  assert.equal(to('Ada Lovelace'), '(("Ada Lovelace" NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))')
  assert.equal(
    to('ceo@bank.test <ada@example.test>'),
    '(("ceo@bank.test" NIL "ada" "example.test"))',
  )
  assert.equal(to('<a@b> Ada, c@d'), '((NIL NIL "a" "b")(NIL NIL "c" "d"))')
  assert.equal(to('A <a@b> B <c@d>'), '(("A" NIL "a" "b")("B" NIL "c" "d"))')
  assert.equal(to('a@b@c'), '((NIL NIL "a@b" "c"))')
  assert.equal(to('<a@b'), '((NIL NIL "a" "b"))')
  assert.equal(to(',,;,'), 'NIL')
})

test('strings that cannot be quoted are literals', () => {
  assert.equal(envelope('Subject: é').includes(' {2}\r\né '), true)
  assert.equal(envelope(`Subject: ${'x'.repeat(2000)}`).includes(' {2000}\r\nxxx'), true)
  assert.equal(envelope('Subject: a\0b').includes(' {2}\r\nab '), true)
  assert.equal(envelope('Subject: a "b" \\c').includes(' "a \\"b\\" \\\\c" '), true)
  assert.equal(envelope('Subject: one\r\n\ttwo').includes(' "one\ttwo" '), true)
})

test('several To fields are one list; of other fields the first counts', () => {
  assert.equal(
    envelope('To: a@b', 'To: c@d', 'Subject: 1', 'Subject: 2'),
    '(NIL "1" NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)',
  )
})

test('a hundred thousand addresses, and nested comments without end, cost little', () => {
  const many = to('a@b,'.repeat(60_000))
  assert.equal(many.split('(NIL NIL "a" "b")').length - 1, 4_096)
  assert.equal(to('('.repeat(100_000)), 'NIL')
  assert.equal(to('<'.repeat(100_000)).startsWith('('), true)
  assert.equal(to('a:'.repeat(100_000)).startsWith('('), true)
  assert.equal(to('a b '.repeat(50_000)).startsWith('('), true)
})
