import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import * as fc from 'fast-check'
import { dkimVerify } from 'mailauth'
import { createAuthenticator } from '../authenticator.ts'
import { checkedAt, inputOf } from '../check.fixture.ts'
import { keyRecordName, keyRecordText } from './key-record-text.ts'
import { defaultValidSeconds, signMessage, type SigningKey } from './sign-message.ts'

const isLong = process.env['POSTHOUSE_TEST_LONG'] === '1'
const domain = 'example.org'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const keys: readonly SigningKey[] = [
  { domain, selector: 'p2026w48r', algorithm: 'rsa-sha256', privateKey: rsa.privateKey },
  { domain, selector: 'p2026w48e', algorithm: 'ed25519-sha256', privateKey: ed.privateKey },
]
const published = [
  {
    domain,
    selector: 'p2026w48r',
    algorithm: 'rsa-2048',
    publicKey: rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  },
  {
    domain,
    selector: 'p2026w48e',
    algorithm: 'ed25519',
    publicKey: ed.publicKey
      .export({ format: 'der', type: 'spki' })
      .subarray(-32)
      .toString('base64'),
  },
] as const
const terms = { at: checkedAt, validSeconds: defaultValidSeconds }
const zone = new Zone('')
for (const key of published)
  zone.add({ name: keyRecordName(key), type: 'TXT', value: keyRecordText(key) })
zone.add({ name: '_dmarc.example.org', type: 'TXT', value: 'v=DMARC1; p=reject' })
const resolver = zoneResolver(zone)
const authenticator = createAuthenticator({ resolver })

const letter = Buffer.from(
  [
    'Received: by mail.example.org (Posthouse) id 1;\r\n Mon, 1 Jun 2026 00:00:00 +0000',
    'From: Ada <ada@example.org>',
    'To: bob@example.net,\r\n\tcarol@example.net',
    'Subject: Gr\u00fc\u00dfe \t and  more ',
    'Date: Mon, 1 Jun 2026 00:00:00 +0000',
    'Message-ID: <1@example.org>',
    'List-Unsubscribe: <https://example.org/u>',
    '',
    '.a dot  \r\n\r\n  two \t spaces\r\n\u00e4 \r\n\r\n\r\n',
  ].join('\r\n'),
)

async function signed(octets: Buffer): Promise<Buffer> {
  const outcome = await signMessage(octets, keys, terms)
  assert.ok(outcome.ok)
  return Buffer.concat([outcome.fields, outcome.octets])
}

async function resultsOf(octets: Buffer): Promise<readonly string[]> {
  const { dkim } = await authenticator.check(octets, inputOf({ mailFrom: 'ada@example.org' }))
  return dkim.map(({ result }) => result)
}

test('both signatures verify, make DMARC pass, and say when they were made and until when they hold', async () => {
  const whole = await signed(letter)
  const verdict = await authenticator.check(whole, inputOf({}))
  assert.deepEqual(
    verdict.dkim.map(({ result, algorithm, domain: d }) => [result, algorithm, d]),
    [
      ['pass', 'rsa-sha256', domain],
      ['pass', 'ed25519-sha256', domain],
    ],
  )
  assert.equal(verdict.dmarc.result, 'pass')
  const text = whole.toString('latin1')
  const [, made, expires] = /t=(\d+); x=(\d+);/.exec(text) ?? []
  assert.equal(Number(made), checkedAt.getTime() / 1000)
  assert.equal(Number(expires) - Number(made), 7 * 86_400)
  assert.doesNotMatch(text, /[;\s]l=/)
  const [header = ''] = text.split('\r\nReceived')
  assert.ok(header.split('\r\n').every((line) => line.length <= 78))
})

test('mailauth verifies them too', async () => {
  const { results } = await dkimVerify(await signed(letter), {
    resolver: async (name: string) => {
      const answer = await resolver.txt(name)
      return answer.kind === 'records' ? answer.records.map((each) => [each]) : []
    },
    curTime: checkedAt,
  })
  assert.deepEqual(
    results.map(({ status }) => status.result),
    ['pass', 'pass'],
  )
})

test('an expired signature is no signature, and one is made anew for each attempt', async () => {
  const whole = await signed(letter)
  const later = new Date(checkedAt.getTime() + (defaultValidSeconds + 3600) * 1000)
  const { dkim } = await authenticator.check(whole, { ...inputOf({}), at: later })
  assert.deepEqual(
    dkim.map(({ result }) => result),
    ['permerror', 'permerror'],
  )
})

test('a field that readers act on can be neither added, on top or below, nor changed', async () => {
  const whole = (await signed(letter)).toString('latin1')
  const names =
    'From To Cc Reply-To Subject Date Message-ID MIME-Version Content-Type Content-Transfer-Encoding Content-Disposition Content-ID'
  for (const name of names.split(' ')) {
    const field = `${name}: mallory@example.com\r\n`
    for (const changed of [field + whole, whole.replace('\r\n\r\n', `\r\n${field}\r\n`)]) {
      assert.deepEqual(await resultsOf(Buffer.from(changed, 'latin1')), ['fail', 'fail'], name)
    }
  }
  const harmless = whole.replace('\r\n\r\n', '\r\nX-Spam: no\r\nList-Id: <a.example.net>\r\n\r\n')
  assert.deepEqual(await resultsOf(Buffer.from(harmless, 'latin1')), ['pass', 'pass'])
})

test('each octet of the signed header and body counts', async () => {
  const whole = await signed(letter)
  const start = whole.indexOf('From: Ada')
  for (let at = start; at < whole.length; at += 1) {
    const octet = whole[at] ?? 0
    // White space, which relaxed canonicalization may pass over, and the case of names.
    if (octet <= 32 || /[a-zA-Z:-]/.test(String.fromCharCode(octet))) continue
    const changed = Buffer.from(whole)
    changed[at] = octet ^ 1
    assert.ok(!(await resultsOf(changed)).includes('pass'), `octet ${at}`)
  }
})

test('what the wire changes is signed as it arrives: CR and LF alone, no line end at the end', async () => {
  const odd = 'From: ada@example.org\nSubject: x\r\r\nbody\rmore\n.\r\n\r\n  end\r'
  const outcome = await signMessage(Buffer.from(odd), keys, terms)
  assert.ok(outcome.ok)
  const sent = outcome.octets.toString()
  assert.equal(sent.replaceAll('\r\n', '').search(/[\r\n]/), -1)
  assert.deepEqual(await resultsOf(Buffer.concat([outcome.fields, outcome.octets])), [
    'pass',
    'pass',
  ])
  for (const body of ['', 'x', 'x ', '\r\n', '\r\n\r\n', ' ', 'x\r\n \r\n']) {
    const octets = Buffer.from(`From: ada@example.org\r\n\r\n${body}`)
    const whole = await signed(octets)
    const arrived = body.endsWith('\r\n') || body === '' ? '' : '\r\n'
    assert.deepEqual(await resultsOf(Buffer.concat([whole, Buffer.from(arrived)])), [
      'pass',
      'pass',
    ])
  }
})

test('no From, or a header without end, is not signed and not an error', async () => {
  for (const text of ['To: bob@example.net\r\n\r\nx', '', '\r\n', 'nonsense']) {
    const outcome = await signMessage(Buffer.from(text), keys, terms)
    assert.equal(outcome.ok, false)
  }
  const endless = Buffer.from(`From: a@example.org\r\n${'X: y\r\n'.repeat(20_000)}\r\nx`)
  assert.equal((await signMessage(endless, keys, terms)).ok, false)
})

test('random headers and bodies verify when they have a From', async () => {
  const fragment = fc.constantFrom('\r\n', '\r', '\n', ' ', '\t', '.', 'x', ':', '\r\n ', '\u00fc')
  const body = fc.array(fragment, { maxLength: 30 }).map((all) => all.join(''))
  await fc.assert(
    fc.asyncProperty(body, body, async (subject, text) => {
      const safe = subject.replace(/[\r\n]+(?![ \t])/g, '')
      const mail = `Subject:${safe}\r\nFrom: ada@example.org\r\n\r\n${text}`
      const outcome = await signMessage(Buffer.from(mail), keys, terms)
      assert.ok(outcome.ok)
      assert.deepEqual(await resultsOf(Buffer.concat([outcome.fields, outcome.octets])), [
        'pass',
        'pass',
      ])
    }),
    { numRuns: isLong ? 20_000 : 200 },
  )
})

test('a large message lets others have their turn while it is signed', async () => {
  const size = 20 * 1024 * 1024
  const large = Buffer.concat([letter, Buffer.alloc(size, 'A line of it, and so on.  \r\n')])
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const outcome = await signMessage(large, keys, terms)
  isDone = true
  assert.ok(outcome.ok)
  assert.ok(turns >= size / (256 * 1024), `${turns} turns`)
})
