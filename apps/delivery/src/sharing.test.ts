import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { enqueue, eventually, settled, startDelivery, startWorker } from './delivery.fixture.ts'
import { startSink } from './sink.fixture.ts'
import { startSuite } from '@posthouse/testkit'

const domains = Array.from({ length: 60 }, (_, at) => `d${at}.test`)
const sink = await startSink()
const suite = await startDelivery(
  sink.port,
  {},
  `
  ${domains.map((name) => `${name} MX 10 mx.host.test`).join('\n')}
  mx.host.test A 127.0.0.1
  backwards.test MX 10 mx2.host.test
  backwards.test MX 20 mx.host.test
  mx2.host.test A 127.0.0.1
  ${['limit', 'mail', 'closing'].map((name) => `${name}.test A 127.0.0.1`).join('\n')}
  `,
)
after(async () => {
  await suite.stop()
  await sink.close()
})
const { store } = suite

test('domains that one host serves share its connections', async () => {
  sink.behave()
  const before = sink.connections
  const ids = await Promise.all(domains.map((name) => enqueue(store, [`bob@${name}`])))
  for (const id of ids) await settled(store, id, ({ state }) => state === 'delivered')
  assert.equal(sink.taken.length, domains.length)
  assert.ok(sink.connections - before <= 20, `${sink.connections - before} connections`)
})

test('a message for several domains of one host goes over once', async () => {
  sink.behave()
  const addresses = domains.slice(0, 7).map((name) => `bob@${name}`)
  const id = await enqueue(store, addresses)
  const items = await settled(store, id, ({ state }) => state === 'delivered')
  assert.deepEqual(
    items.map(({ attempts }) => attempts),
    addresses.map(() => 1),
  )
  assert.deepEqual(
    sink.taken.flatMap(({ recipients }) => recipients).toSorted(),
    addresses.toSorted(),
  )
  assert.ok(sink.taken.length < addresses.length, `${sink.taken.length} transactions`)
})

test('a message that requires TLS does not share what one that does not opened', async () => {
  sink.behave()
  const plain = await enqueue(store, ['bob@d0.test'])
  const strict = await enqueue(store, ['bob@d1.test'], { requiresTls: true })
  await settled(store, plain, ({ state }) => state === 'delivered')
  await settled(store, strict, ({ lastOutcome }) => lastOutcome !== undefined)
  assert.equal(sink.taken.length, 1)
})

test('the order in which hosts are asked is kept for each domain', async () => {
  sink.behave()
  const id = await enqueue(store, ['bob@backwards.test'])
  const [item] = await settled(store, id, ({ state }) => state === 'delivered')
  assert.equal(item?.last?.host, 'mx2.host.test')
})

test('a host that takes one domain at a time, and so many recipients, gets no more (LIMITS)', async () => {
  sink.behave({ extensions: ['PIPELINING', 'LIMITS RCPTMAX=2 RCPTDOMAINMAX=1'] })
  const addresses = ['a@d0.test', 'b@d1.test', 'c@d0.test', 'd@d0.test']
  const id = await enqueue(store, addresses)
  await settled(store, id, ({ state }) => state === 'delivered')
  for (const { recipients } of sink.taken) {
    assert.ok(recipients.length <= 2)
    assert.equal(new Set(recipients.map((address) => address.split('@')[1])).size, 1)
  }
  assert.equal(sink.taken.length, 3)
})

test('a host that takes so many messages of a connection gets no more (LIMITS)', async () => {
  let mails = 0
  sink.behave({
    extensions: ['PIPELINING', 'LIMITS MAILMAX=2'],
    ehlo: () => {
      mails = 0
      return undefined
    },
    mail: () => ((mails += 1) > 2 ? '421 4.7.0 too many messages' : undefined),
  })
  const ids = []
  for (let n = 0; n < 7; n += 1) {
    ids.push(
      await enqueue(
        store,
        Array.from({ length: 3 }, (_, at) => `u${at}@limit.test`),
      ),
    )
  }
  for (const id of ids) await settled(store, id, ({ state }) => state === 'delivered')
  assert.ok(sink.lines.filter((line) => line.startsWith('EHLO')).length >= 4)
})

test('a host that closes after so many messages without having said so is found out', async (t) => {
  const own = await startSink()
  t.after(() => own.close())
  let mails = 0
  own.behave({
    ehlo: () => {
      mails = 0
      return undefined
    },
    mail: () => ((mails += 1) > 3 ? '421 4.4.2 enough' : undefined),
  })
  const house = await startSuite({ apps: [], delivery: { mxPort: own.port } })
  t.after(() => house.stop())
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, at) => enqueue(house.store, [`u${at}@there.test`])),
  )
  const worker = await startWorker(house, { sessions: 1 })
  for (const id of ids) {
    const [item] = await settled(house.store, id, ({ state }) => state === 'delivered')
    assert.equal(item?.attempts, 1)
  }
  assert.equal(own.taken.length, 20)
  const refused = own.lines.filter((line) => line.startsWith('MAIL')).length - 20
  assert.equal(refused, 2)
  await worker.drain()
  const pace = await eventually('what was learnt', async () =>
    (await house.store.pace.list()).find(({ provider }) => provider === 'there.test'),
  )
  assert.equal(pace.maxMessages, 3)
})
