import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Resolver, Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator, keyRecordName, keyRecordText } from '@posthouse/mail-auth'
import type { DkimKey, QueueSubmission } from '@posthouse/store'
import { startSuite, type Suite, testActor } from '@posthouse/testkit'
import { enqueue as enqueueIn, eventually, quick } from '../delivery.fixture.ts'
import { deliveryApp } from '../delivery.ts'
import { type Sink, startSink } from '../sink.fixture.ts'

const letter = 'From: ada@example.test\r\nTo: bob@there.test\r\nSubject: hi\r\n\r\nhello\r\n'
/** How submission queues it. */
const ours = { authorDomain: 'example.test' } as const
const zone = new Zone(`
  there.test MX 10 mx.there.test
  mx.there.test A 127.0.0.1
`)
zone.add({ name: '_dmarc.example.test', type: 'TXT', value: 'v=DMARC1; p=reject' })
const names = zoneResolver(zone)
/** What the worker has to wait for when it asks for a key. */
let gate = Promise.withResolvers<void>()
const gated: Resolver = {
  ...names,
  async txt(name) {
    if (name.includes('_domainkey')) await gate.promise
    return await names.txt(name)
  },
}
let sink: Sink
let suite: Suite
before(async () => {
  sink = await startSink()
  suite = await startSuite({
    apps: [deliveryApp({ ...quick, keyWatchMs: 100, keyMs: 500 })],
    resolver: gated,
    delivery: { mxPort: sink.port },
  })
  await suite.account('ada@example.test')
})
after(async () => {
  await suite.stop()
  await sink.close()
})

function enqueue(text: string | Buffer, more: Partial<QueueSubmission> = ours): Promise<string> {
  const octets = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  return enqueueIn(suite.store, ['bob@there.test'], { isEightBit: true, ...more }, octets)
}

/** Sends a message, and gives what came. */
async function sent(text: string | Buffer, more: Partial<QueueSubmission> = ours): Promise<Buffer> {
  sink.behave()
  await enqueue(text, more)
  return await eventually('the message', () => sink.taken[0]?.octets)
}

/** `pass s=selector` for each signature, by our verifier. */
async function signaturesOf(octets: Buffer): Promise<readonly string[]> {
  const input = { address: '192.0.2.1', helo: 'x', mailFrom: '', at: new Date() }
  const { dkim } = await createAuthenticator({ resolver: names }).check(octets, input)
  return dkim.map(({ result, selector, domain }) => `${result} ${selector} ${domain}`)
}

function publish(...keys: readonly DkimKey[]): void {
  for (const key of keys)
    zone.add({ name: keyRecordName(key), type: 'TXT', value: keyRecordText(key) })
}

async function keysOf(domain: string, state: DkimKey['state']): Promise<readonly DkimKey[]> {
  const keys = await suite.store.dkimKeys.list(domain)
  return keys.filter((key) => key.state === state)
}

/** Waits until so many keys of the domain are active. */
async function active(domain: string, count: number): Promise<readonly DkimKey[]> {
  return await eventually('active keys', async () => {
    const keys = await keysOf(domain, 'active')
    return keys.length === count ? keys : undefined
  })
}

test('the worker makes keys for a domain that has none, and signs with them once DNS shows them', async () => {
  const waiting = await eventually('keys', async () => {
    const keys = await keysOf('example.test', 'waiting')
    return keys.length === 2 ? keys : undefined
  })
  assert.deepEqual(await signaturesOf(await sent(letter)), [])
  publish(...waiting)
  gate.resolve()
  const keys = await active('example.test', 2)
  const [rsa, ed] = ['rsa-2048', 'ed25519'].map((algorithm) =>
    keys.find((key) => key.algorithm === algorithm),
  )
  const octets = await sent(letter)
  assert.deepEqual(await signaturesOf(octets), [
    `pass ${rsa?.selector} example.test`,
    `pass ${ed?.selector} example.test`,
  ])
  assert.ok(octets.toString().endsWith(`Received: by test\r\n${letter}`))
})

test('what arrives is what was signed: 8-bit, dots, white space, no line end, CR and LF alone', async () => {
  const head = 'From: ada@example.test\r\nSubject: \u00fc  x \r\n\r\n'
  const bodies = [
    '.\r\n..\r\n.x\r\nend',
    'caf\u00e9 \t \r\n\r\n\r\n',
    '',
    'one\rtwo\nthree\r\r\n',
    `${'long '.repeat(5000)}\r\n`,
    '\r\n\r\n.\r\n',
  ]
  for (const body of bodies) {
    const results = await signaturesOf(await sent(head + body))
    assert.equal(
      results.filter((each) => each.startsWith('pass')).length,
      2,
      JSON.stringify(body.slice(0, 20)),
    )
  }
})

test('a tampered octet on its way is seen', async () => {
  const octets = await sent(letter)
  octets[octets.length - 3] = 0x21
  assert.ok((await signaturesOf(octets)).every((each) => each.startsWith('fail')))
})

test('what is forwarded, or written for a domain that is not ours, goes as it came', async () => {
  for (const more of [
    { ...ours, origin: 'forwarded' },
    { authorDomain: 'elsewhere.test' },
    { authorDomain: 'sub.example.test' },
  ] as const) {
    assert.deepEqual(await sent(letter, more), Buffer.from(`Received: by test\r\n${letter}`))
  }
})

test('reports of this host are signed for the hosted domain above its name, autoreplies for their author’s', async () => {
  const report = 'From: postmaster@mail.example.test\r\nTo: bob@there.test\r\n\r\nreport\r\n'
  const signed = await sent(report, { origin: 'report', sender: '' })
  const { dmarc } = await createAuthenticator({ resolver: names }).check(signed, {
    address: '192.0.2.1',
    helo: 'x',
    mailFrom: '',
    at: new Date(),
  })
  assert.deepEqual(dmarc.aligned, ['example.test'])
  const stranger = report.replace('mail.example.test', 'mail.example.org')
  const unsigned = await sent(stranger, { origin: 'report', sender: '' })
  assert.deepEqual(await signaturesOf(unsigned), [])
  const reply = await sent(letter, { ...ours, origin: 'autoreply', sender: '' })
  assert.equal((await signaturesOf(reply)).length, 2)
})

test('a message for many recipients is signed once', async () => {
  const recipients = ['a', 'b', 'c'].map((name) => ({ address: `${name}@there.test` }))
  const octets = await sent(letter, { ...ours, recipients })
  assert.equal((await signaturesOf(octets)).length, 2)
  assert.equal(sink.taken.length, 1)
})

test('a rotation changes the signature without a gap: the worker sees the new key in DNS itself', async () => {
  gate = Promise.withResolvers()
  const selector = 'next'
  const request = { algorithm: 'ed25519', selector } as const
  const creation = await suite.store.dkimKeys.create('example.test', request, testActor)
  assert.ok(creation.ok)
  const earlier = await signaturesOf(await sent(letter))
  assert.ok(earlier.length === 2 && earlier.every((each) => !each.includes(selector)))
  publish(creation.key)
  gate.resolve()
  await eventually('the new key', async () => {
    const keys = await keysOf('example.test', 'active')
    return keys.some((key) => key.selector === selector) || undefined
  })
  await eventually('its signature', async () => {
    const results = await signaturesOf(await sent(letter))
    assert.equal(results.filter((each) => each.startsWith('pass')).length, 2)
    return results.includes(`pass ${selector} example.test`) || undefined
  })
  const [old] = await keysOf('example.test', 'retiring')
  assert.equal(old?.algorithm, 'ed25519')
})

test('a key that comes out of use signs no more, in every process, at once or when it is looked for', async () => {
  const keys = await keysOf('example.test', 'active')
  for (const key of keys) await suite.store.dkimKeys.retire(key, { now: false }, testActor)
  await eventually('mail without signatures', async () => {
    const results = await signaturesOf(await sent(letter))
    return results.length === 0 || undefined
  })
})
