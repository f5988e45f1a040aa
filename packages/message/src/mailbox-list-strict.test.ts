import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseAddressList } from './address.ts'
import { parseMailboxListStrict } from './mailbox-list-strict.ts'

function addresses(
  raw: Parameters<typeof parseMailboxListStrict>[0],
): readonly string[] | undefined {
  const result = parseMailboxListStrict(raw)
  return result.ok ? result.mailboxes.map((mailbox) => mailbox.address) : undefined
}

test('mailbox lists by the letter', () => {
  assert.deepEqual(addresses('ada@example.test'), ['ada@example.test'])
  assert.deepEqual(addresses(' (c) Ada Lovelace (d) <ada@example.test> (e) '), ['ada@example.test'])
  assert.deepEqual(addresses('"a, @b" <ada@x>, b@y'), ['ada@x', 'b@y'])
  assert.deepEqual(addresses('"john doe"@x'), ['john doe@x'])
  assert.deepEqual(addresses('John Q. Public <j.q@x.y>'), ['j.q@x.y'])
  assert.deepEqual(addresses('<ada@[127.0.0.1]>'), ['ada@[127.0.0.1]'])
  assert.deepEqual(addresses('ada (a (nested \\) one)) @ (x) example.test'), ['ada@example.test'])
  assert.deepEqual(addresses('Ada\r\n Lovelace <ada@x>\r\n'), ['ada@x'])
  assert.deepEqual(addresses('Ädä <jürgen@exämple.test>'), ['jürgen@exämple.test'])
})

test('names are decoded', () => {
  const result = parseMailboxListStrict('=?utf-8?q?Ad=C3=A4?= "L. \\"x\\"" <a@b>')
  assert.equal(result.ok && result.mailboxes[0]?.name, 'Adä L. "x"')
})

test('what could be read in two ways is malformed', () => {
  for (const raw of [
    'ceo@bank.test <ada@example.test>',
    'ada@example.test, ceo@bank.test <x@y',
    '',
    ' ',
    'ada',
    'Ada Lovelace',
    '<ada>',
    '<>',
    '@x',
    'ada@',
    'a@b@c',
    '"a@x b"@y c',
    '"a" b@x',
    'a "b"@x',
    'a b@x',
    'a . b@x',
    '.a@x',
    'a.@x',
    'a..b@x',
    'a@.x',
    'a@x.',
    'a@x..y',
    'a@x y',
    'a@[x',
    'a@[x y]',
    '<@route:a@b>',
    'group: a@b;',
    'a@b,',
    ',a@b',
    'a@b,,c@d',
    'a@b; c@d',
    'a@b (open',
    'a@b )',
    '"open <a@b>',
    'Ada <a@b> x',
    'Ada <a@b',
    'Ada a@b>',
    'a\0@b',
    'Ada\r\n<a@b>',
    'Ada\r <a@b>',
    'a@b\r\nTo: c@d',
    '. Ada <a@b>',
    'Ada <a@b>, ',
    'a\u0085@b',
  ]) {
    assert.equal(addresses(raw), undefined, JSON.stringify(raw))
  }
  assert.equal(addresses(Buffer.from('\xff@b', 'latin1')), undefined)
})

test('what is strictly right the lenient reader reads alike', () => {
  const piece = fc.constantFrom(
    'a',
    'b.c',
    '@',
    '<',
    '>',
    ',',
    '"q"',
    '"x@y"',
    ' ',
    '(c)',
    '.',
    ':',
    ';',
    '\\',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const strict = addresses(pieces.join(''))
      if (strict === undefined) return
      assert.deepEqual(
        parseAddressList(pieces.join('')).map((mailbox) => mailbox.address),
        strict,
      )
    }),
    { numRuns: 20_000 },
  )
})

test('deep comments and long lists cost no stack', () => {
  assert.equal(addresses(`${'('.repeat(100_000)}a@b`), undefined)
  assert.equal(addresses(`${'('.repeat(10_000)}${')'.repeat(10_000)}a@b`)?.length, 1)
  assert.equal(addresses(Array.from({ length: 10_000 }, () => 'a@b').join(','))?.length, 10_000)
})
