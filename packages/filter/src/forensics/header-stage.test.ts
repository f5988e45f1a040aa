import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FilterMessageInput } from '../filter-message.ts'
import { examined, letter, symbols } from '../sample-message.fixture.ts'
import { headerRules, headerStage } from './header-stage.ts'

type Fields = Readonly<Record<string, string>>
interface Case {
  /** Fields that have the sign, and ones near them that have not. */
  readonly has: Fields
  readonly near: Fields
  readonly with?: Partial<FilterMessageInput>
  readonly nearWith?: Partial<FilterMessageInput>
}

const client = (helo: string, name?: string): Partial<FilterMessageInput> => {
  return {
    client: { address: '192.0.2.7', helo, isTls: false, ...(name === undefined ? {} : { name }) },
  }
}
const received = (count: number): Fields => {
  return {
    Received: Array.from(
      { length: count },
      (_, i) => `from h${i}.example by h.example; Sun, 1 Mar 2026 11:59:58 +0000`,
    ).join('\nReceived: '),
  }
}
const from = (value: string): Fields => ({ From: value })
const subject = (value: string): Fields => ({ Subject: value })

const cases: Readonly<Record<string, Case>> = {
  FROM_MISSING: { has: from(''), near: from('x@elsewhere.example') },
  FROM_SEVERAL_FIELDS: {
    has: { From: 'a@a.example\nFrom: b@b.example' },
    near: from('a@a.example'),
  },
  FROM_MALFORMED: {
    has: from('Grace <grace@elsewhere.example> x'),
    near: from('"Grace, H." <grace@elsewhere.example>'),
  },
  FROM_SEVERAL_ADDRESSES: {
    has: from('a@a.example, b@a.example'),
    near: { From: 'a@a.example, b@a.example', Sender: 'a@a.example' },
  },
  FROM_UNQUALIFIED: { has: from('root@localhost'), near: from('x@[192.0.2.1]') },
  FROM_NAME_IS_OURS: {
    has: from('"ada@example.test" <x@evil.example>'),
    near: from('"ada@example.test" <ada@example.test>'),
  },
  FROM_NAME_IS_ANOTHER_ADDRESS: {
    has: from('"service@bank.com" <x@evil.example>'),
    near: from('"x@mail.bank.com" <x@bank.com>'),
  },
  FROM_NAME_IS_ANOTHER_DOMAIN: {
    has: from('bank.com support <x@evil.example>'),
    near: from('J.R. Hacker of bank.com <x@mail.bank.com>'),
  },
  FROM_NAME_DISGUISED: {
    has: from('=?utf-8?Q?P=D0=B0ypal?= <x@evil.example>'),
    near: from('=?utf-8?Q?=D0=9F=D0=B0=D0=B2=D0=B5=D0=BB?= <x@evil.example>'),
  },
  FROM_DOMAIN_DISGUISED: {
    has: from('x@xn--pypal-4ve.com'),
    near: from('x@xn--mnchen-3ya.example'),
  },
  FROM_LOOKS_LIKE_OURS: { has: from('x@examp1e.test'), near: from('x@example2.test') },
  REPLY_TO_ELSEWHERE: {
    has: { 'Reply-To': 'x@evil.example' },
    near: { 'Reply-To': 'x@mail.elsewhere.example' },
  },
  REPLY_TO_FREE_MAIL: {
    has: { 'Reply-To': 'grace.h@gmail.com' },
    near: { From: 'g@yahoo.com', 'Reply-To': 'g@gmail.com' },
  },
  ENVELOPE_ELSEWHERE: {
    has: {},
    with: { sender: 'bounce@evil.example' },
    near: {},
    nearWith: { sender: 'bounce@mail.elsewhere.example' },
  },
  TO_MISSING: { has: { To: '' }, near: { To: '', Cc: 'ada@example.test' } },
  DATE_MISSING: { has: { Date: '' }, near: {} },
  DATE_UNREADABLE: { has: { Date: 'yesterday' }, near: { Date: '1 Mar 2026 11:59' } },
  DATE_IN_FUTURE: {
    has: { Date: 'Tue, 3 Mar 2026 12:00:00 +0000' },
    near: { Date: 'Mon, 2 Mar 2026 01:00:00 +1400' },
  },
  DATE_IN_PAST: {
    has: { Date: 'Sun, 22 Feb 2026 12:00:00 +0000' },
    near: { Date: 'Tue, 24 Feb 2026 12:00:00 +0000' },
  },
  DATE_FAR_IN_PAST: {
    has: { Date: 'Sun, 19 Oct 2025 12:00:00 +0000' },
    near: { Date: 'Sun, 22 Feb 2026 12:00:00 +0000' },
  },
  MESSAGE_ID_MISSING: { has: { 'Message-ID': '' }, near: {} },
  MESSAGE_ID_MALFORMED: {
    has: { 'Message-ID': '<no-at-sign>' },
    near: { 'Message-ID': '<a@[192.0.2.1]>' },
  },
  MESSAGE_ID_OURS: {
    has: { 'Message-ID': '<1@example.test>' },
    near: { From: 'ada@example.test', 'Message-ID': '<1@example.test>' },
  },
  RECEIVED_NONE: { has: { Received: '' }, near: received(1) },
  RECEIVED_MANY: { has: received(26), near: received(25) },
  SENDER_ELSEWHERE: {
    has: { Sender: 'x@evil.example' },
    near: { Sender: 'x@mail.elsewhere.example' },
  },
  RECEIVED_OUT_OF_ORDER: {
    has: {
      Received:
        'from a.example by b.example; Sun, 1 Mar 2026 11:00:00 +0000\nReceived: from c.example by a.example; Tue, 3 Mar 2026 11:00:00 +0000',
    },
    near: {
      Received:
        'from a.example by b.example; Sun, 1 Mar 2026 11:00:00 +0000\nReceived: from c.example by a.example; Mon, 2 Mar 2026 01:00:00 +1400',
    },
  },
  HELO_OURS: {
    has: {},
    with: client('example.test'),
    near: {},
    nearWith: client('example.test.elsewhere.example'),
  },
  HELO_BARE_ADDRESS: {
    has: {},
    with: client('192.0.2.7'),
    near: {},
    nearWith: client('[192.0.2.7]'),
  },
  HELO_WRONG_ADDRESS: {
    has: {},
    with: client('[192.0.2.8]'),
    near: {},
    nearWith: client('[192.0.2.7]'),
  },
  HELO_UNQUALIFIED: { has: {}, with: client('pc'), near: {}, nearWith: client('pc.example') },
  HELO_IS_SENDER_WITHOUT_NAME: {
    has: {},
    with: client('elsewhere.example', 'h7.dialup.example'),
    near: {},
    nearWith: client('elsewhere.example', 'mx.elsewhere.example'),
  },
  SUBJECT_MISSING: { has: subject(''), near: {} },
  SUBJECT_CAPITALS: {
    has: subject('BUY CHEAP WATCHES NOW'),
    near: subject('Re: [LIST] NATO and the WHO met'),
  },
  SUBJECT_SHOUTS: { has: subject('Act now!! Today'), near: subject('Congratulations!') },
  SUBJECT_INVISIBLE: {
    has: subject('=?utf-8?Q?In=E2=80=8Bvoice?='),
    near: subject('=?utf-8?Q?=F0=9F=91=A9=E2=80=8D=F0=9F=9A=80?= news'),
  },
  SUBJECT_MIXED_SCRIPTS: {
    has: subject('=?utf-8?Q?Your_=D0=B0ccount?='),
    near: subject('=?utf-8?Q?Account_=D0=BC=D0=BE=D0=B9?='),
  },
  SUBJECT_SPACED_OUT: { has: subject('V I A G R A for you'), near: subject('Plan A B C') },
  SUBJECT_TAIL: {
    has: subject('Cheap loans            xk32qp'),
    near: subject('Cheap loans  xk32qp'),
  },
  SUBJECT_NAMES_RECIPIENT: { has: subject('ada, look at this'), near: subject('adamant people') },
  HEADER_RAW_8BIT: { has: subject('Grü'), near: subject('=?iso-8859-1?Q?Gr=FC?=') },
  HEADER_DUPLICATES: { has: subject('a\nSubject: b'), near: {} },
  HEADER_CONTROLS: { has: subject('a\0b'), near: {} },
  BULK_WITHOUT_UNSUBSCRIBE: {
    has: { Precedence: 'bulk' },
    near: { Precedence: 'bulk', 'List-Unsubscribe': '<mailto:x@elsewhere.example>' },
  },
}

/** 8-bit octets that are no UTF-8 where the sample says so. */
function written(symbol: string, fields: Fields): Buffer {
  return symbol === 'HEADER_RAW_8BIT'
    ? Buffer.from(letter(fields).toString('utf8'), 'latin1')
    : letter(fields)
}

test('a plain letter has no sign at all', async () => {
  assert.deepEqual(symbols(await examined(headerStage(), letter())), [])
})

test('every sign of headers has a case here', () => {
  assert.deepEqual(
    Object.keys(cases).toSorted(),
    headerRules.map(({ symbol }) => symbol).toSorted(),
  )
})

for (const [symbol, one] of Object.entries(cases)) {
  test(`${symbol} is seen where it is, and not in what comes near it`, async () => {
    const has = await examined(headerStage(), written(symbol, one.has), one.with)
    assert.ok(
      symbols(has).includes(symbol),
      `${symbols(has).join()} for ${JSON.stringify(one.has)}`,
    )
    const near = await examined(headerStage(), written(symbol, one.near), one.nearWith)
    assert.ok(!symbols(near).includes(symbol), JSON.stringify(one.near))
  })
}

test('mail of our own users is not held to what is said of strangers', async () => {
  const octets = letter({
    From: 'ada@example.test',
    Received: '',
    'Message-ID': '<1@example.test>',
  })
  const own = await examined(headerStage(), octets, {
    direction: 'outbound',
    sender: 'ada@example.test',
    ...client('pc'),
  })
  assert.deepEqual(symbols(own), [])
})

test('a program on this machine may call itself anything', async () => {
  const more = { client: { address: '127.0.0.1', helo: 'x', isTls: false } }
  assert.deepEqual(symbols(await examined(headerStage(), letter(), more)), [])
})

test('a program on this machine may leave out what mail programs write, and not say two things at once', async () => {
  const more = { client: { address: '::1', helo: 'x', isTls: false } }
  const bare = { From: '', To: '', Date: '', 'Message-ID': '', Received: '', Subject: '' }
  const short = await examined(headerStage(), letter(bare), more)
  assert.deepEqual([symbols(short), short.ruling], [[], undefined])
  const stranger = await examined(headerStage(), letter(bare))
  assert.ok(symbols(stranger).includes('DATE_MISSING'))
  const two = letter({ From: 'a@a.example\nFrom: b@b.example' })
  assert.equal((await examined(headerStage(), two, more)).ruling?.kind, 'quarantine')
})

test('who says to be one of our hosts is believed where the address has such a name', async () => {
  for (const [name, isLie] of [
    ['h7.dialup.example', true],
    ['out.example.test', false],
  ] as const) {
    const found = await examined(headerStage(), letter(), client('out.example.test', name))
    assert.equal(symbols(found).includes('HELO_OURS'), isLie, name)
  }
})

test('mail without one author is kept aside, and that of our own users is not', async () => {
  for (const field of ['', 'undisclosed', 'a@a.example\nFrom: b@b.example']) {
    const octets = letter({ From: field })
    assert.equal((await examined(headerStage(), octets)).ruling?.kind, 'quarantine', field)
    assert.equal(
      (await examined(headerStage(), octets, { direction: 'outbound' })).ruling,
      undefined,
    )
  }
  assert.equal(
    (await examined(headerStage(), letter({ From: 'a@a.example, b@a.example' }))).ruling,
    undefined,
  )
})
