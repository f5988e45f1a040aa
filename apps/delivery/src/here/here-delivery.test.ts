import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Account } from '@posthouse/store'
import { testActor, type Suite } from '@posthouse/testkit'
import { enqueue, eventually, inbox, settled, startDelivery } from '../delivery.fixture.ts'
import { startSink, type Sink } from '../sink.fixture.ts'

let sink: Sink
let suite: Suite
let ada: Account
before(async () => {
  sink = await startSink()
  // The MX of the domain is the sink: nothing must come there.
  suite = await startDelivery(sink.port, {}, 'example.test MX 10 mx.there.test')
  ada = await suite.account('ada@example.test')
  await suite.account('bob@example.test')
})
after(async () => {
  await suite.stop()
  await sink.close()
})

test('mail that was held for people here comes to them when its time has come, and to no host', async () => {
  sink.behave()
  await suite.store.aliases.create(
    'team@example.test',
    ['bob@example.test', 'ada@example.test'],
    testActor,
  )
  const releaseAt = new Date(Date.now() + 1_500)
  const queueId = await enqueue(suite.store, ['team@example.test', 'eve@there.test'], {
    account: ada.id,
    releaseAt,
  })
  const items = await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.deepEqual(
    items.map(({ last }) => last?.host),
    ['mail.example.test', 'mx.there.test'],
  )
  assert.deepEqual(
    sink.taken.map(({ recipients }) => recipients),
    [['eve@there.test']],
  )
  for (const address of ['ada@example.test', 'bob@example.test']) {
    const [octets = ''] = await inbox(suite, address)
    assert.match(octets, /^Return-Path: <ada@example\.test>\r\nDelivered-To: /)
    assert.match(octets, /\r\nReceived: by test\r\nFrom: ada@example\.test\r\n/)
    assert.doesNotMatch(octets, /eve@there\.test/)
  }
})

test('who is gone by then is reported to the sender, and nobody else waits for it', async () => {
  sink.behave()
  await suite.account('carl@example.test')
  const known = (await inbox(suite, 'ada@example.test')).length
  const queueId = await enqueue(suite.store, ['gone@example.test', 'carl@example.test'], {
    account: ada.id,
  })
  const ends = new Set(['bounced', 'delivered'])
  const items = await settled(suite.store, queueId, ({ state }) => ends.has(state))
  assert.deepEqual(
    items.map(({ address, state, last }) => [address, state, last?.enhanced]),
    [
      ['gone@example.test', 'bounced', '5.1.1'],
      ['carl@example.test', 'delivered', '2.0.0'],
    ],
  )
  assert.equal((await inbox(suite, 'carl@example.test')).length, 1)
  const report = await eventually('the report', async () => {
    const all = await inbox(suite, 'ada@example.test')
    return all.slice(known).find((one) => one.includes('gone@example.test'))
  })
  assert.match(report, /Final-Recipient: rfc822; ?gone@example\.test/)
})

test('what an alias here passes on goes on as ours, behind letters as before', async () => {
  sink.behave({ mail: () => '451 4.3.0 not now' })
  await suite.store.aliases.create('away@example.test', ['eve@there.test'], testActor)
  const queueId = await enqueue(suite.store, ['away@example.test'], {
    account: ada.id,
    authorDomain: 'example.test',
    requiresTls: false,
    priority: -1,
  })
  await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  const [onward] = await eventually('the second message', async () => {
    const items = await suite.store.queue.list({ destination: 'there.test', account: ada.id })
    return items.length > 0 ? items : undefined
  })
  assert.equal(onward?.origin, 'submitted')
  assert.equal(onward.priority, -1)
  await suite.store.queue.hold({ account: ada.id })
  await suite.store.queue.drop({ account: ada.id })
})

test('a full mailbox is tried again later', async () => {
  const dora = await suite.account('dora@example.test')
  await suite.store.quotas.set(dora.id, { bytes: 1, messages: 1 })
  const first = await enqueue(suite.store, ['dora@example.test'], { account: ada.id })
  await settled(suite.store, first, ({ state }) => state === 'delivered')
  const second = await enqueue(suite.store, ['dora@example.test'], { account: ada.id })
  const [item] = await settled(
    suite.store,
    second,
    ({ state, lastOutcome }) => state === 'waiting' && lastOutcome === 'deferred',
  )
  assert.equal(item?.last?.enhanced, '4.2.2')
  await suite.store.queue.drop({ account: ada.id })
})

test('however much there is, it comes once each, a few at a time', async (t) => {
  const fred = await suite.account('fred@example.test')
  const { queue } = suite.store
  let reading = 0
  let most = 0
  const contents = queue.contents.bind(queue)
  t.mock.method(queue, 'contents', async (...values: Parameters<typeof contents>) => {
    most = Math.max(most, ++reading)
    const read = await contents(...values)
    reading -= 1
    return read
  })
  const releaseAt = new Date(Date.now() + 1_000)
  const from = { account: ada.id, releaseAt }
  const ids = await Promise.all(
    Array.from({ length: 40 }, () => enqueue(suite.store, ['fred@example.test'], from)),
  )
  for (const id of ids) await settled(suite.store, id, ({ state }) => state === 'delivered')
  assert.equal((await inbox(suite, fred.address)).length, ids.length)
  assert.ok(most <= 4, `${most} at a time`)
})
