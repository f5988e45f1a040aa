import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Account } from './accounts.ts'
import { uid } from './ids.ts'
import { deliveryTo } from './testing/mailbox-house.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'

// Whatever stands in a message: it is taken, kept to the octet, and found again. Postgres has edges that content can hit.

let house: StoreHouse
let ada: Account
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
})
after(() => house.close())

const binary = (...octets: readonly number[]): string => Buffer.from(octets).toString('latin1')
const word = 'k'.repeat(100_000)

/** Header fields and a body, in latin1: one character per octet. */
const edges: readonly (readonly [what: string, header: string, body: string])[] = [
  [
    'NUL in every field',
    'Subject: a\0b\r\nFrom: "x\0" <a\0@b.test>\r\nMessage-ID: <n\0ul@x>',
    'a\0b',
  ],
  [
    'overlong UTF-8 (C0 80)',
    `Subject: ${binary(0xc0, 0x80)}x\r\nFrom: ${binary(0xc0, 0x80)} <a@b>`,
    binary(0xc0, 0x80),
  ],
  [
    'surrogates in UTF-8 (ED A0 80)',
    `Subject: ${binary(0xed, 0xa0, 0x80)}`,
    binary(0xed, 0xa0, 0x80),
  ],
  [
    'lone surrogates in encoded words',
    'Subject: =?UTF-16BE?B?2AA=?= =?utf-8?Q?=ED=A0=80?=\r\nFrom: =?UTF-16BE?B?2AA=?= <a@b>',
    'x',
  ],
  ['NUL in encoded words', 'Subject: =?utf-8?Q?a=00b?=\r\nTo: =?utf-8?B?AAAA?= <a@b>', 'x'],
  [
    'U+0000 as JSON and HTML write it',
    'Subject: \\u0000 &#0; \\x00\r\nMessage-ID: <\\u0000@x>',
    '\\u0000',
  ],
  ['a Message-ID of 20 kB', `Message-ID: <${'i'.repeat(20_000)}@x>\r\nSubject: s`, 'x'],
  [
    'an In-Reply-To and References of 100 kB',
    `In-Reply-To: <${word}>\r\nReferences: ${'<a@b> '.repeat(15_000)}`,
    'x',
  ],
  ['a subject of one word of 100 kB', `Subject: ${word}`, 'x'],
  ['a body of one word of 2 MB', 'Subject: s', 'w'.repeat(2_000_000)],
  [
    'a body of 200,000 different words',
    'Subject: s',
    Array.from({ length: 200_000 }, (_, i) => i.toString(36)).join(' '),
  ],
  [
    'a header of 1 MB',
    Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${'v'.repeat(90)}`).join('\r\n'),
    'x',
  ],
  ['a field name of 50 kB', `${'N'.repeat(50_000)}: v`, 'x'],
  [
    '20,000 recipients',
    `To: ${Array.from({ length: 20_000 }, (_, i) => `u${i}@x.test`).join(', ')}`,
    'x',
  ],
  ['the year 999999', 'Date: Mon, 1 Jan 999999 00:00:00 +0000', 'x'],
  ['years before Postgres’ first', 'Date: Mon, 1 Jan 0000 00:00:00 +9999', 'x'],
  [
    'quotes, backslashes, braces of array texts',
    `References: <{"a",NULL}> <\\"> <,>\r\nSubject: {NULL,"\\"}'$1;--`,
    `'); DROP TABLE message;--`,
  ],
  ['no header and no body', '', ''],
  [
    'unknown charsets',
    'Content-Type: text/plain; charset=x-no-such\r\nSubject: =?x-no-such?B?/w==?=',
    binary(0xff, 0xfe),
  ],
]

test('no content makes a delivery fail, or a message unreadable', async () => {
  const octets = edges.map(([, header, body]) => Buffer.from(`${header}\r\n\r\n${body}`, 'latin1'))
  const sent = octets.map((one) => ({
    ...deliveryTo(ada.id, one),
    origin: { door: 'mx', sender: '\0\ud800' },
  }))
  const results = await Promise.all(sent.map((delivery) => house.store.deliver(delivery)))
  const inbox = await house.store.mailboxes(ada.id).find('INBOX')
  const open = inbox && (await house.store.open(ada.id, inbox.id, { readOnly: true }))
  assert.ok(open)
  const uids = results.map(({ copies: [copy] }, i) => {
    assert.equal(copy?.kind, 'delivered', edges[i]?.[0])
    return copy.kind === 'delivered' ? copy.uid : uid(0)
  })
  for (const [i, one] of uids.entries()) {
    const read = await open.octets(one)
    const prefix = (read?.length ?? 0) - (octets[i]?.length ?? 0)
    assert.ok(octets[i]?.equals(read?.subarray(prefix) ?? Buffer.alloc(0)), edges[i]?.[0])
  }
  const fields = [
    'envelope',
    'bodyStructure',
    'from',
    'subject',
    'messageId',
    'references',
    'sentAt',
    'preview',
  ] as const
  let seen = 0
  for await (const facts of open.facts(uids, fields)) {
    seen += 1
    assert.ok(facts.subject.isWellFormed() && !facts.subject.includes('\0'))
    assert.ok(facts.sentAt === null || !Number.isNaN(facts.sentAt.getTime()))
  }
  assert.equal(seen, edges.length)
  assert.equal((await open.threadIds(uids)).size, edges.length)
  open.close()
  // The index takes them, and the check finds everything in order.
  await house.store.indexForSearch()
  assert.deepEqual(await house.store.check(), [])
})

test('names that strangers and clients make up are refused, not errors', async () => {
  const mailboxes = house.store.mailboxes(ada.id)
  for (const name of [
    'a\0b',
    '\ud800',
    'x'.repeat(5_000),
    'a//b',
    'a/'.repeat(400),
    '\u0001',
    '*',
  ]) {
    const made = await mailboxes.create(name)
    assert.ok(
      !made.ok && ['invalid', 'limit'].includes(made.reason),
      JSON.stringify(name.slice(0, 20)),
    )
    assert.equal(await mailboxes.find(name), undefined)
  }
  for (const address of [
    'a\0@example.test',
    `${'x'.repeat(9_000)}@example.test`,
    '\ud800@example.test',
    '@',
    "' OR 1=1 --@example.test",
  ]) {
    const resolution = await house.store.resolve(address)
    assert.ok(['unknown', 'foreign'].includes(resolution.kind), address.slice(0, 20))
  }
  const octets = Buffer.from('Subject: x\r\n\r\n')
  for (const flag of ['a\0b', 'k'.repeat(300)]) {
    const flags = [flag]
    const inbox = (await mailboxes.find('INBOX'))?.id ?? assert.fail()
    const outcome = await house.store.append(ada.id, inbox, {
      octets,
      facts: computeFacts(octets),
      flags,
    })
    assert.deepEqual(outcome, { ok: false, reason: 'limit' })
    // Mail is not lost for it.
    const result = await house.store.deliver(deliveryTo(ada.id, octets, { flags }))
    assert.equal(result.copies[0]?.kind, 'delivered')
  }
})
