import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { domainToASCII } from 'node:url'
import { describe, it } from 'node:test'
import { simpleParser, type AddressObject } from 'mailparser'
import addressparser from 'nodemailer/lib/addressparser'
import { readAuthor } from './author.ts'
import { readHeader } from './strict-header.ts'

function read(header: string): readonly string[] | undefined {
  const found = readHeader(Buffer.from(header))
  return found === undefined ? undefined : readAuthor(found, 'fallback@example.test')?.addresses
}

/** From fields, plain, odd and evil. */
const values: readonly string[] = [
  'ada@example.test',
  '<ada@example.test>',
  'Ada <ada@example.test>',
  '"Ada" <ada@example.test>',
  'Ada Lovelace <ada@example.test>',
  'Ada L. <ada@example.test>',
  '"Lovelace, Ada" <ada@example.test>',
  '"Ada \\"Countess\\"" <ada@example.test>',
  '=?utf-8?q?Ad=C3=A9?= <ada@example.test>',
  '=?utf-8?q?eve=40evil=2Etest?= <ada@example.test>',
  '=?utf-8?b?ImV2ZUBldmlsLnRlc3QiIDxldmVAZXZpbC50ZXN0Pg==?= <ada@example.test>',
  '"eve@evil.test" <ada@example.test>',
  'eve@evil.test <ada@example.test>',
  '<eve@evil.test> <ada@example.test>',
  '<ada@example.test> <eve@evil.test>',
  'ada@example.test <eve@evil.test>',
  'ada@example.test eve@evil.test',
  'ada@example.test, eve@evil.test',
  'ada@example.test, Bob <bob@example.test>',
  'ada@example.test; eve@evil.test',
  'ada@example.test,',
  ',ada@example.test',
  'ada@example.test (eve@evil.test)',
  'ada@example.test (comment)',
  '(eve@evil.test) ada@example.test',
  '(comment <eve@evil.test>) ada@example.test',
  'Ada (comment) <ada@example.test>',
  'Ada <ada(comment)@example.test>',
  'Ada <ada@(comment)example.test>',
  'Ada <(eve@evil.test)ada@example.test>',
  'Ada <ada@example.test(eve@evil.test)>',
  'Ada <ada@example.test> (eve@evil.test)',
  'Ada <ada@example.test>, (eve@evil.test)',
  'Ada <ada @example.test>',
  'Ada < ada@example.test >',
  'Ada <ada@example.test>x',
  'Ada <ada@example.test> eve',
  'Ada <@evil.test:ada@example.test>',
  'Ada <@a.test,@b.test:ada@example.test>',
  'Friends: ada@example.test;',
  'Friends: ada@example.test, eve@evil.test;',
  'Friends:;',
  '"Friends: ada@example.test;" <eve@evil.test>',
  '"ada@example.test"@evil.test',
  '"ada@example.test, eve"@evil.test',
  '"ada@example.test <eve"@evil.test',
  '"ada@example.test> <eve"@evil.test',
  '"a b"@example.test',
  '"ada"@example.test',
  '"ad\\a"@example.test',
  '""@example.test',
  'ada@example.test\r\n , eve@evil.test',
  'Ada\r\n <ada@example.test>',
  'Ada <ada@\r\n example.test>',
  '"Ada\r\n Lovelace" <ada@example.test>',
  'ada@example.test\u0000eve@evil.test',
  'ada@exam\u0000ple.test',
  'ada@example.test\u200b',
  'ad\u00e1@example.test',
  'ada@b\u00fccher.test',
  'ada@xn--bcher-kva.test',
  'ada@EXAMPLE.test',
  'ada@example.test.',
  'ada@.example.test',
  'ada@example..test',
  'ada@[127.0.0.1]',
  'ada@[IPv6:::1]',
  'ada@example.test@evil.test',
  'ada@@example.test',
  'ada',
  '@example.test',
  '<>',
  '',
  '"ada@example.test',
  '<ada@example.test',
  'ada@example.test>',
  'ada\\@example.test',
  'ada@example.test\\',
  'ada=40example.test@evil.test',
  '=?utf-8?q?ada=40example=2Etest?=',
  '=?utf-8?q?ada?=@example.test',
  '<=?utf-8?q?ada=40example=2Etest=3E?=@evil.test>',
  'ada+tag@example.test',
  'ada@ex\u00adample.test',
  'ada@example\u3002test',
  'ada@\uff45xample.test',
  'ada@B\u00dcCHER.test',
  'ada@fa\u00df.test',
  'ada\u202e@example.test',
  'ad\u0061\u0301@example.test',
  '"=?utf-8?q?ada?="@example.test',
  "o'brien@example.test",
  'a.b.c@example.test',
  '.ada@example.test',
  'ada.@example.test',
  'a..b@example.test',
  'Ada <ada@example.test> <ada@example.test>',
  'Ada, Countess <ada@example.test>',
  'Ada@evil.test, Countess <ada@example.test>',
  'mailto:ada@example.test',
  'undisclosed-recipients:;',
  'ada@example.test (',
  'ada@example.test )',
  'ada@example.test (a (nested (deep)) comment)',
  'Ada "The Countess" Lovelace <ada@example.test>',
  '"Ada" Lovelace <ada@example.test>',
  'Ada.Lovelace <ada@example.test>',
  'ada@example.test\t',
  '\tada@example.test',
  'Ada\u00a0<ada@example.test>',
  'J\u00fcrgen <ada@example.test>',
  'Ada <ada@example.test>, "Eve" <eve@evil.test>, Bob <bob@example.test>',
]

const accepted = values.flatMap((value) => {
  const addresses = read(`From: ${value}\r\n\r\n`)
  return addresses === undefined ? [] : [{ value, addresses }]
})

/** Domain as lower-case A-label, local part unquoted: two readers may spell one mailbox differently. */
function normal(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address
    .slice(0, at)
    .replace(/^"(.*)"$/s, (_, inner: string) => inner.replace(/\\(.)/gs, '$1'))
  return `${local.normalize('NFC')}@${domainToASCII(address.slice(at + 1))}`
}

describe('From by the letter', () => {
  it('takes what people write', () => {
    const good = [
      'ada@example.test',
      'Ada <ada@example.test>',
      'Ada L. <ada@example.test>',
      '"Lovelace, Ada" <ada@example.test>',
      '=?utf-8?q?Ad=C3=A9?= <ada@example.test>',
      'ada@example.test (comment)',
      'Ada\r\n <ada@example.test>',
      'ada+tag@example.test',
      "o'brien@example.test",
      'J\u00fcrgen <ada@example.test>',
    ]
    for (const value of good)
      assert.ok(
        accepted.some((one) => one.value === value),
        value,
      )
  })

  it('refuses what is not one From of mailboxes', () => {
    for (const header of [
      'From:\r\n',
      'From: a@b.test\r\nFrom: a@b.test\r\n',
      'From: a@b.test\r\nfrom: c@d.test\r\n',
      'From: Friends: a@b.test;\r\n',
      'From: a@b.test\r\nSender: a@b.test, c@d.test\r\n',
      'From: a@b.test\r\nSender: a@b.test\r\nSender: a@b.test\r\n',
      'From: a@b.test\r\nSender:\r\n',
      'From: a@[127.0.0.1]\r\n',
    ]) {
      assert.equal(read(`${header}\r\n`), undefined, JSON.stringify(header))
    }
  })

  it('names Sender among the addresses, and says when one is needed', () => {
    assert.deepEqual(read('From: a@b.test\r\nSender: "C" <c@d.test>\r\n\r\n'), [
      'a@b.test',
      'c@d.test',
    ])
    const two = readHeader(Buffer.from('From: a@b.test, c@d.test\r\n\r\n'))
    assert.ok(two)
    assert.equal(readAuthor(two, 'x@y.test')?.needsSender, true)
  })

  it('is the fallback’s where there is none, and Sender is looked at all the same', () => {
    assert.deepEqual(read('Subject: x\r\n\r\n'), ['fallback@example.test'])
    assert.deepEqual(read('Sender: eve@evil.test\r\n\r\n'), [
      'fallback@example.test',
      'eve@evil.test',
    ])
    assert.equal(read('not a field\r\n\r\n'), undefined)
  })
})

describe('a From that is taken names the same mailboxes', () => {
  it('to nodemailer’s parser', () => {
    for (const { value, addresses } of accepted) {
      const unfolded = value.replace(/\r\n/g, '')
      const seen = addressparser(unfolded, { flatten: true }).map(({ address }) => normal(address))
      assert.deepEqual(seen, addresses.map(normal), JSON.stringify(value))
    }
  })

  it('to mailparser', async () => {
    for (const { value, addresses } of accepted) {
      const mail = await simpleParser(Buffer.from(`From: ${value}\r\n\r\n`))
      const from: AddressObject | undefined = mail.from
      const seen = (from?.value ?? []).map(({ address }) => normal(address ?? ''))
      assert.deepEqual(seen, addresses.map(normal), JSON.stringify(value))
    }
  })

  it('to Python', (t) => {
    const script = `
import sys, json, email, email.policy, email.utils
out = []
for value in json.load(sys.stdin):
    raw = ('From: ' + value + '\\r\\n\\r\\n').encode()
    old = [a for _, a in email.utils.getaddresses([' '.join(value.split('\\r\\n'))])]
    new = email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)['From']
    out.append([old, [a.addr_spec.encode('utf-8', 'surrogateescape').decode('utf-8') for a in new.addresses]])
json.dump(out, sys.stdout)
`
    const run = spawnSync('python3', ['-c', script], {
      input: JSON.stringify(accepted.map(({ value }) => value)),
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    })
    if (run.error !== undefined) {
      t.skip(`python3 does not run: ${run.error.message}`)
      return
    }
    assert.equal(run.status, 0, run.stderr)
    const all = JSON.parse(run.stdout) as readonly (readonly [
      readonly string[],
      readonly string[],
    ])[]
    accepted.forEach(({ value, addresses }, i) => {
      const [old, recent] = all[i] ?? [[], []]
      assert.deepEqual(
        old.map(normal),
        addresses.map(normal),
        `getaddresses: ${JSON.stringify(value)}`,
      )
      assert.deepEqual(
        recent.map(normal),
        addresses.map(normal),
        `policy: ${JSON.stringify(value)}`,
      )
    })
  })
})
