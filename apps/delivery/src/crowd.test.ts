import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import { startSuite } from '@posthouse/testkit'
import {
  enqueue,
  eventually,
  quick,
  settled,
  startDelivery,
  testResolver,
} from './delivery.fixture.ts'
import { deliveryApp } from './delivery.ts'
import { startSink } from './sink.fixture.ts'

const slow = Array.from({ length: 50 }, (_, at) => `slow${at}.test`)
const zone = slow.map((name) => `${name} A 127.0.0.1`).join('\n')

test('fifty hosts that never answer keep nobody else waiting', async (t) => {
  const sink = await startSink({
    rcpt: (line) => (line.includes('@slow') ? 'stall' : undefined),
  })
  t.after(() => sink.close())
  const limits = { destinations: 10, stuckMs: 200, deadlines: { commandMs: 60_000 } }
  const suite = await startDelivery(sink.port, limits, zone)
  t.after(() => suite.stop())
  t.after(() => sink.behave())
  const ids = await Promise.all(slow.map((name) => enqueue(suite.store, [`x@${name}`])))
  await eventually('fifty connections', () => sink.connections >= 50 || undefined)
  const good = await Promise.all(
    Array.from({ length: 20 }, (_, at) => enqueue(suite.store, [`user${at}@there.test`])),
  )
  for (const id of good) await settled(suite.store, id, ({ state }) => state === 'delivered')
  for (const id of ids) {
    const [item] = await suite.store.queue.show(id)
    assert.deepEqual([item?.state, item?.lastOutcome], ['active', undefined])
  }
})

test('who keeps memory for nothing gives way to others', async (t) => {
  const sink = await startSink({
    message: ({ recipients }) => (recipients[0]?.includes('@slow') === true ? 'stall' : undefined),
  })
  t.after(() => sink.close())
  const limits = {
    stuckMs: 200,
    scanMs: 1_000,
    memoryBytes: 1_000,
    readAheadBytes: 1_000,
    deadlines: { dataEndMs: 60_000 },
  }
  const suite = await startDelivery(sink.port, limits, zone)
  t.after(() => suite.stop())
  t.after(() => sink.behave())
  const prefix = Buffer.from(`X-Long: ${'x'.repeat(800)}\r\n`)
  const stuck = await enqueue(suite.store, ['x@slow1.test'], { prefix })
  await eventually('a message on its way', () => sink.lines.includes('DATA') || undefined)
  const good = await enqueue(suite.store, ['bob@there.test'], { prefix })
  await settled(suite.store, good, ({ state }) => state === 'delivered')
  const [item] = await settled(suite.store, stuck, ({ lastOutcome }) => lastOutcome !== undefined)
  assert.equal(item?.state, 'waiting')
})

test('who says something in time, again and again, does not come to keep a connection for ever', async (t) => {
  const sink = await startSink({ rcpt: () => 'stall' })
  t.after(() => sink.close())
  const suite = await startDelivery(sink.port, {
    transactionMs: 500,
    deadlines: { commandMs: 60_000 },
  })
  t.after(() => suite.stop())
  const id = await enqueue(suite.store, ['bob@there.test'])
  const [item] = await settled(suite.store, id, ({ lastOutcome }) => lastOutcome !== undefined)
  assert.deepEqual([item?.state, item?.lastOutcome], ['waiting', 'deferred'])
})

test('a name server that does not answer for one domain keeps no other waiting', async (t) => {
  const sink = await startSink()
  t.after(() => sink.close())
  const never = Promise.withResolvers<void>()
  const resolver = testResolver()
  const mx = resolver.mx.bind(resolver)
  Object.assign(resolver, {
    async mx(name: string) {
      if (name.startsWith('slow')) await never.promise
      return await mx(name)
    },
  })
  const suite = await startSuite({ apps: [], delivery: { mxPort: sink.port } })
  t.after(() => suite.stop())
  const { config, store, tls } = suite
  const worker = await deliveryApp({ ...quick, destinations: 5 }).start({
    config,
    store,
    tls,
    log: silentLog,
    resolver,
  })
  t.after(async () => {
    never.resolve()
    await worker.drain()
  })
  for (const name of slow) await enqueue(store, [`x@${name}`])
  const good = await enqueue(store, ['bob@there.test'])
  await settled(store, good, ({ state }) => state === 'delivered')
})
