import assert from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { after, before, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator, keyRecordName, keyRecordText } from '@posthouse/mail-auth'
import type { QueueSubmission } from '@posthouse/store'
import { startSuite, type Suite } from '@posthouse/testkit'
import { enqueue as enqueueIn, eventually, quick, settled } from '../delivery.fixture.ts'
import { deliveryApp } from '../delivery.ts'
import { startSink, type Sink } from '../sink.fixture.ts'

const zone = new Zone('there.test MX 10 mx.there.test\nmx.there.test A 127.0.0.1')
const resolver = zoneResolver(zone)
let sink: Sink
let suite: Suite
before(async () => {
  sink = await startSink()
  suite = await startSuite({
    apps: [deliveryApp({ ...quick, keyWatchMs: 100, keyMs: 500 })],
    resolver,
    delivery: { mxPort: sink.port },
  })
  await suite.account('ada@example.test')
  const { dkimKeys } = suite.store
  const made = await eventually('keys', async () => {
    const keys = await dkimKeys.list('example.test')
    return keys.length === 2 ? keys : undefined
  })
  for (const key of made)
    zone.add({ name: keyRecordName(key), type: 'TXT', value: keyRecordText(key) })
  await eventually('keys in use', async () => {
    const keys = await dkimKeys.list('example.test')
    return keys.every(({ state }) => state === 'active') || undefined
  })
})
after(async () => {
  await suite.stop()
  await sink.close()
})

const letter =
  'From: Jürgen <ada@example.test>\r\nTo: bob@there.test\r\nSubject: Grüße\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSchöne Grüße aus Zürich, wo die Sonne scheint.\r\n'

function enqueue(text: string, more: Partial<QueueSubmission> = {}): Promise<string> {
  const usual = { authorDomain: 'example.test', isEightBit: true, needsSmtpUtf8: true }
  return enqueueIn(suite.store, ['bob@there.test'], { ...usual, ...more }, Buffer.from(text))
}

const arrived = (): Promise<Buffer> => eventually('the message', () => sink.taken[0]?.octets)

async function passes(octets: Buffer): Promise<number> {
  const input = { address: '192.0.2.1', helo: 'x', mailFrom: '', at: new Date() }
  const { dkim } = await createAuthenticator({ resolver }).check(octets, input)
  return dkim.filter(({ result }) => result === 'pass').length
}

test('a host that takes everything gets it as it was written, signed', async () => {
  sink.behave()
  await enqueue(letter)
  const octets = await arrived()
  assert.ok(octets.toString().endsWith(letter))
  assert.equal(await passes(octets), 2)
})

test('a host that takes ASCII alone gets the same in ASCII, signed as it is sent', async () => {
  sink.behave({ extensions: ['PIPELINING'] })
  await enqueue(letter)
  const octets = await arrived()
  assert.ok(isAscii(octets))
  assert.match(octets.toString(), /\r\nSubject: =\?utf-8\?B\?R3LDvMOfZQ==\?=\r\n/)
  assert.match(octets.toString(), /Sch=C3=B6ne Gr=C3=BC=C3=9Fe aus/)
  assert.equal(await passes(octets), 2)
  assert.doesNotMatch(sink.lines.join('\n'), /SMTPUTF8|8BITMIME/)
})

test('a host without SMTPUTF8 gets its header in ASCII, and its body as it was', async () => {
  sink.behave({ extensions: ['8BITMIME'] })
  await enqueue(letter)
  const octets = await arrived()
  assert.match(octets.toString(), /\r\n\r\nSchöne Grüße aus Zürich/)
  assert.match(octets.toString(), /\r\nFrom: =\?utf-8\?B\?SsO8cmdlbg==\?= <ada@example\.test>\r\n/)
  assert.equal(await passes(octets), 2)
})

test('what cannot be said in ASCII comes back, and what is forwarded is not touched', async () => {
  sink.behave({ extensions: [] })
  const wide = await enqueue(letter.replace('bob@there.test', 'jürgen@there.test'))
  const [first] = await settled(suite.store, wide, ({ state }) => state === 'bounced')
  assert.equal(first?.last?.enhanced, '5.6.7')
  const signed = await enqueue(
    'From: ada@example.test\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nü\r\n--b--\r\n',
    { needsSmtpUtf8: false },
  )
  const [second] = await settled(suite.store, signed, ({ state }) => state === 'bounced')
  assert.equal(second?.last?.enhanced, '5.6.3')
  const forwarded = await enqueue(letter, { origin: 'forwarded' })
  const [third] = await settled(suite.store, forwarded, ({ state }) => state === 'bounced')
  assert.equal(third?.last?.enhanced, '5.6.7')
  assert.equal(sink.taken.length, 0)
})

test('an address beyond ASCII holds up nobody else', async () => {
  sink.behave({ extensions: [] })
  const queueId = await enqueue('From: ada@example.test\r\n\r\nhello\r\n', {
    isEightBit: false,
    recipients: [{ address: 'jürgen@there.test' }, { address: 'bob@there.test' }],
  })
  const ends = new Set(['bounced', 'delivered'])
  const items = await settled(suite.store, queueId, ({ state }) => ends.has(state))
  assert.deepEqual(
    items.map(({ address, state }) => [address, state]),
    [
      ['jürgen@there.test', 'bounced'],
      ['bob@there.test', 'delivered'],
    ],
  )
})
