import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseMail, parseRcpt } from './mail-command.ts'
import type { MailRules } from './mail-parameters.ts'
import { describeReply } from './reply.ts'

const rules: MailRules = { dsn: true, auth: false, maxBytes: 1000, isSecure: true }

function mail(argument: string, change: Partial<MailRules> = {}): unknown {
  const read = parseMail(argument, true, { ...rules, ...change })
  return read.ok ? read.value : describeReply(read.reply).slice(0, 9)
}
function rcpt(argument: string, isUtf8 = false): unknown {
  const read = parseRcpt(argument, true, isUtf8, rules)
  return read.ok ? read.value : describeReply(read.reply).slice(0, 9)
}
function address(argument: string, isUtf8 = false): unknown {
  const read = parseRcpt(argument, true, isUtf8, rules)
  return read.ok ? read.value.recipient.address : describeReply(read.reply).slice(0, 9)
}

describe('a path', () => {
  it('is read as RFC 5321 §4.1.2 has it', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['TO:<ada@example.test>', 'ada@example.test'],
      ['to:<Ada@EXAMPLE.Test>', 'Ada@example.test'],
      ['TO: <ada@example.test> ', 'ada@example.test'],
      ['TO:<ada+tag@example.test>', 'ada+tag@example.test'],
      ['TO:<a.b.c@example.test>', 'a.b.c@example.test'],
      ["TO:<!#$%&'*+/=?^_`{|}~-@example.test>", "!#$%&'*+/=?^_`{|}~-@example.test"],
      ['TO:<"a b"@example.test>', '"a b"@example.test'],
      ['TO:<"a@b"@example.test>', '"a@b"@example.test'],
      ['TO:<"a>b"@example.test>', '"a>b"@example.test'],
      ['TO:<"a\\"b"@example.test>', '"a\\"b"@example.test'],
      ['TO:<"ada"@example.test>', 'ada@example.test'],
      ['TO:<"\\a\\d\\a"@example.test>', 'ada@example.test'],
      ['TO:<@relay.example:ada@example.test>', 'ada@example.test'],
      ['TO:<@a.example,@b.example:ada@example.test>', 'ada@example.test'],
      ['TO:<ada@[192.0.2.1]>', 'ada@[192.0.2.1]'],
      ['TO:<ada@[ipv6:2001:DB8::1]>', 'ada@[IPv6:2001:db8::1]'],
      ['TO:<ada@localhost>', 'ada@localhost'],
      ['TO:<Postmaster>', 'postmaster'],
      ['TO:<ada@xn--bcher-kva.example>', 'ada@xn--bcher-kva.example'],
    ]
    for (const [argument, expected] of cases) assert.equal(address(argument), expected, argument)
  })

  it('is refused where it is none', () => {
    const cases = [
      'TO:',
      'TO:<>',
      'TO:ada@example.test',
      'TO:<ada@example.test',
      'TO:<ada>',
      'TO:<@example.test>',
      'TO:<ada@>',
      'TO:<ada@@example.test>',
      'TO:<ada@example@test>',
      'TO:<.ada@example.test>',
      'TO:<ada.@example.test>',
      'TO:<a..b@example.test>',
      'TO:<a b@example.test>',
      'TO:<a(comment)@example.test>',
      'TO:<ada@example..test>',
      'TO:<ada@example.test.>',
      'TO:<ada@-example.test>',
      'TO:<ada@exa mple.test>',
      'TO:<ada@[192.0.2]>',
      'TO:<ada@[192.0.2.1>',
      'TO:<ada@[IPv6:::g]>',
      'TO:<ada@example.test,bob@example.test>',
      'TO:<<ada@example.test>>',
      'TO:<"ada@example.test>',
      'TO:<"a\u0001b"@example.test>',
      `TO:<${'a'.repeat(250)}@example.test>`,
      `TO:<ada@${'a'.repeat(64)}.test>`,
      'FROM:<ada@example.test>',
    ]
    for (const argument of cases) assert.equal(address(argument), '501 5.1.3', argument)
  })

  it('beyond ASCII needs SMTPUTF8 (RFC 6531 §3.5) and becomes NFC and A-labels', () => {
    assert.equal(address('TO:<bøb@example.test>'), '553 5.6.7')
    assert.equal(address('TO:<bob@bücher.example>'), '553 5.6.7')
    assert.equal(address('TO:<bøb@bücher.example>', true), 'bøb@xn--bcher-kva.example')
    assert.equal(address('TO:<bo\u0308b@example.test>', true), 'b\u00f6b@example.test')
    assert.equal(address('TO:<b\u200bob@example.test>', true), '501 5.1.3')
    assert.equal(address('TO:<bob@\u0130\u3002.example>', true), '501 5.1.3')
    assert.equal(mail('FROM:<bøb@example.test>'), '553 5.6.7')
    assert.equal(
      (mail('FROM:<bøb@example.test> SMTPUTF8') as { sender: { address: string } }).sender.address,
      'bøb@example.test',
    )
  })
})

describe('parameters of MAIL', () => {
  const sender = { address: '', local: '', domain: '', isInternationalised: false }
  const plain = { sender, isEightBit: false, isUtf8: false }

  it('are read', () => {
    assert.deepEqual(mail('FROM:<>'), plain)
    assert.deepEqual(mail('FROM:<> SIZE=1000 BODY=8bitMIME'), {
      ...plain,
      declaredBytes: 1000,
      isEightBit: true,
    })
    assert.deepEqual(mail('FROM:<> BODY=7BIT smtputf8'), { ...plain, isUtf8: true })
    assert.deepEqual(mail('FROM:<> RET=hdrs ENVID=a+20b+2Bc'), {
      ...plain,
      ret: 'headers',
      envelopeId: 'a b+c',
    })
    assert.deepEqual(mail('FROM:<> AUTH=<>', { auth: true }), plain)
    assert.deepEqual(mail('FROM:<> AUTH=e+3Dmc2@example.com', { auth: true }), plain)
  })

  it('are refused: unknown ones, wrong values, repetitions', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['FROM:<> HOLDFOR=10', '555 5.5.4'],
      ['FROM:<> AUTH=<>', '555 5.5.4'],
      ['FROM:<> NOTIFY=NEVER', '555 5.5.4'],
      ['FROM:<> SIZE', '501 5.5.4'],
      ['FROM:<> SIZE=', '501 5.5.4'],
      ['FROM:<> SIZE=-1', '501 5.5.4'],
      ['FROM:<> SIZE=1e3', '501 5.5.4'],
      ['FROM:<> SIZE=123456789012345678901', '501 5.5.4'],
      ['FROM:<> SIZE=99999999999999999999', '552 5.3.4'],
      ['FROM:<> SIZE=1 SIZE=1', '501 5.5.4'],
      ['FROM:<> SIZE=1 size=2', '501 5.5.4'],
      ['FROM:<> BODY=BINARYMIME', '501 5.5.4'],
      ['FROM:<> SMTPUTF8=1', '501 5.5.4'],
      ['FROM:<> RET=ALL', '501 5.5.4'],
      ['FROM:<> ENVID=a+0D+0Ab', '501 5.5.4'],
      ['FROM:<> ENVID=a+2', '501 5.5.4'],
      ['FROM:<> ENVID=a+2b', '501 5.5.4'],
      [`FROM:<> ENVID=${'a'.repeat(101)}`, '501 5.5.4'],
      ['FROM:<>SIZE=1', '501 5.5.4'],
      ['FROM:<> =1', '501 5.5.4'],
      ['FROM:<> __proto__=1', '501 5.5.4'],
      ['FROM:<> CONSTRUCTOR=1', '555 5.5.4'],
      ['FROM:<a b@example.org>', '501 5.1.7'],
      ['', '501 5.1.7'],
    ]
    for (const [argument, expected] of cases) assert.equal(mail(argument), expected, argument)
  })
})

describe('parameters of RCPT', () => {
  it('are read', () => {
    const read = rcpt('TO:<a@example.test> NOTIFY=SUCCESS,delay ORCPT=rfc822;Bob+2Bx@example.org')
    assert.deepEqual(read, {
      recipient: {
        address: 'a@example.test',
        local: 'a',
        domain: 'example.test',
        isInternationalised: false,
      },
      notify: ['success', 'delay'],
      originalRecipient: 'rfc822;Bob+x@example.org',
    })
  })

  it('are refused: unknown ones, wrong values', () => {
    for (const [parameter, expected] of [
      ['SIZE=1', '555 5.5.4'],
      ['RRVS=2014-04-03T23:01:00Z', '555 5.5.4'],
      ['NOTIFY', '501 5.5.4'],
      ['NOTIFY=', '501 5.5.4'],
      ['NOTIFY=ALWAYS', '501 5.5.4'],
      ['NOTIFY=SUCCESS,', '501 5.5.4'],
      ['NOTIFY=NEVER,SUCCESS', '501 5.5.4'],
      ['ORCPT=rfc822', '501 5.5.4'],
      ['ORCPT=rfc822;', '501 5.5.4'],
      ['ORCPT=;a@b', '501 5.5.4'],
      ['ORCPT=rfc822;a+0Ab', '501 5.5.4'],
      ['ORCPT=rfc822;a=b', '501 5.5.4'],
      ['ORCPT=utf-8;bøb@example.org', '501 5.5.4'],
      [`ORCPT=rfc822;${'a'.repeat(500)}`, '501 5.5.4'],
    ] as const) {
      assert.equal(rcpt(`TO:<a@example.test> ${parameter}`), expected, parameter)
    }
    const wide = rcpt('TO:<a@example.test> ORCPT=utf-8;bøb@example.org', true)
    assert.equal((wide as { originalRecipient: string }).originalRecipient, 'utf-8;bøb@example.org')
  })
})

describe('REQUIRETLS', () => {
  it('is taken under TLS, without a value', () => {
    const read = parseMail('FROM:<a@example.test> REQUIRETLS', true, rules)
    assert.ok(read.ok)
    assert.equal(read.value.requiresTls, true)
    assert.equal(mail('FROM:<a@example.test> REQUIRETLS=yes'), '501 5.5.4')
    assert.equal(mail('FROM:<a@example.test> REQUIRETLS', { isSecure: false }), '530 5.7.0')
  })
})

const isAbout = (value: number | string, ms: number): boolean =>
  typeof value === 'number' && Math.abs(value - ms) < 60_000

describe('FUTURERELEASE', () => {
  const day = 86_400
  const releaseOf = (parameters: string): number | string => {
    const read = parseMail(`FROM:<a@example.test> ${parameters}`, true, {
      ...rules,
      releaseSeconds: day,
    })
    if (!read.ok) return describeReply(read.reply).slice(0, 9)
    return (read.value.releaseAt?.getTime() ?? Number.NaN) - Date.now()
  }
  it('holds for so many seconds, or until a moment', () => {
    assert.ok(isAbout(releaseOf('HOLDFOR=3600'), 3_600_000))
    const inTwoHours = new Date(Date.now() + 7_200_000).toISOString()
    assert.ok(isAbout(releaseOf(`HOLDUNTIL=${inTwoHours}`), 7_200_000))
    assert.ok(isAbout(releaseOf(`holduntil=${inTwoHours.toLowerCase()}`), 7_200_000))
    const elsewhere = new Date(Date.now() + 7_200_000 + 5_400_000).toISOString()
    assert.ok(isAbout(releaseOf(`HOLDUNTIL=${elsewhere.slice(0, 19)}+01:30`), 7_200_000))
    assert.ok(isAbout(releaseOf(`HOLDUNTIL=${new Date(0).toISOString()}`), -Date.now()))
  })

  it('is refused where it is too far ahead, malformed, said twice or not offered', () => {
    const tooFar = new Date(Date.now() + 2 * day * 1000).toISOString()
    for (const parameters of [
      `HOLDFOR=${day + 1}`,
      'HOLDFOR=999999999',
      `HOLDUNTIL=${tooFar}`,
      'HOLDFOR=0',
      'HOLDFOR=-1',
      'HOLDFOR=1h',
      'HOLDFOR=1234567890',
      'HOLDFOR',
      'HOLDFOR=',
      'HOLDUNTIL=tomorrow',
      'HOLDUNTIL=2026-13-01T00:00:00Z',
      'HOLDUNTIL=2026-11-28T00:00:00',
      'HOLDUNTIL=2026-11-28',
      'HOLDFOR=60 HOLDUNTIL=2026-11-28T00:00:00Z',
      'HOLDFOR=60 HOLDFOR=60',
    ]) {
      assert.equal(releaseOf(parameters), '501 5.5.4', parameters)
    }
    assert.equal(mail('FROM:<a@example.test> HOLDFOR=60'), '555 5.5.4')
  })
})
