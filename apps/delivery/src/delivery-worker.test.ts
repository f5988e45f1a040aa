import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSuite } from '@posthouse/testkit'
import { enqueue, eventually, settled, startDelivery, startWorker } from './delivery.fixture.ts'
import { startSink } from './sink.fixture.ts'
import { workerName } from './worker-name.ts'

test('when a host is away, or refuses to talk, the next one is asked', async (t) => {
  const second = await startSink({}, '127.0.0.3')
  t.after(() => second.close())
  const first = await startSink({ greeting: () => '421 4.3.2 Not now' }, '127.0.0.2', second.port)
  t.after(() => first.close())
  const suite = await startDelivery(
    second.port,
    {},
    `
    three.test MX 10 mx1.three.test
    three.test MX 20 mx2.three.test
    three.test MX 30 mx3.three.test
    mx1.three.test A 127.0.0.4
    mx2.three.test A 127.0.0.2
    mx3.three.test A 127.0.0.3
    `,
  )
  t.after(() => suite.stop())
  const queueId = await enqueue(suite.store, ['bob@three.test'])
  const [item] = await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.equal(item?.last?.host, 'mx3.three.test')
  assert.equal(second.taken.length, 1)
  assert.equal(first.connections, 1)
})

test('draining gives back what was not begun, and records what was', async (t) => {
  const sink = await startSink({ message: () => 'stall' })
  t.after(() => sink.close())
  const suite = await startSuite({ apps: [], delivery: { mxPort: sink.port } })
  t.after(() => suite.stop())
  const ids = await Promise.all(
    Array.from({ length: 5 }, (_, at) => enqueue(suite.store, [`user${at}@there.test`])),
  )
  const worker = await startWorker(suite, { sessions: 1, deadlines: { dataEndMs: 1_000 } })
  await eventually('a message on its way', () => sink.lines.includes('DATA') || undefined)
  await worker.drain()
  const items = (await Promise.all(ids.map((id) => suite.store.queue.show(id)))).flat()
  assert.deepEqual(
    items.map(({ state }) => state),
    Array.from({ length: 5 }, () => 'waiting'),
  )
  assert.equal(items.filter(({ lastOutcome }) => lastOutcome === 'unknown').length, 1)
  assert.equal(items.filter(({ attempts }) => attempts === 0).length, 4)
  sink.behave()
  const next = await startWorker(suite)
  t.after(() => next.drain())
  const untouched = ids.filter((_, at) => items[at]?.attempts === 0)
  for (const id of untouched) await settled(suite.store, id, ({ state }) => state === 'delivered')
  assert.equal(sink.taken.length, 4)
})

test('what a killed process of this machine held is taken over at once', async (t) => {
  const sink = await startSink()
  t.after(() => sink.close())
  const suite = await startSuite({ apps: [], delivery: { mxPort: sink.port } })
  t.after(() => suite.stop())
  const killed = workerName().split('/').with(3, '1').join('/')
  const ids = []
  for (const worker of [killed, 'elsewhere']) {
    ids.push(await enqueue(suite.store, ['bob@there.test']))
    const limits = { destinations: 10, perDestination: 10, leaseSeconds: 3_600 }
    const { messages } = await suite.store.queue.claim({ worker, ...limits })
    assert.equal(messages.length, 1)
  }
  const worker = await startWorker(suite)
  t.after(() => worker.drain())
  const [freed = '', held = ''] = ids
  const [item] = await settled(suite.store, freed, ({ state }) => state === 'delivered')
  assert.equal(item?.attempts, 2)
  assert.equal((await suite.store.queue.show(held))[0]?.state, 'active')
})

test('what a dead worker held is taken over when its lease has run out', async (t) => {
  const sink = await startSink()
  t.after(() => sink.close())
  const suite = await startSuite({ apps: [], delivery: { mxPort: sink.port } })
  t.after(() => suite.stop())
  const queueId = await enqueue(suite.store, ['bob@there.test'])
  const dead = await suite.store.queue.claim({
    worker: 'dead',
    destinations: 10,
    perDestination: 10,
    leaseSeconds: 1,
  })
  assert.equal(dead.messages.length, 1)
  const worker = await startWorker(suite)
  t.after(() => worker.drain())
  const [item] = await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.equal(item?.attempts, 2)
  assert.equal(sink.taken.length, 1)
  // The dead one wakes up: its word counts no more.
  const reply = { host: undefined, code: undefined, enhanced: undefined, text: 'late' }
  const late = await suite.store.queue.record(dead.token, [
    { queueId, n: 1, kind: 'bounced', reply },
  ])
  assert.equal(late.recorded, 0)
})

test('two workers share a queue and send nothing twice', async (t) => {
  const sink = await startSink()
  t.after(() => sink.close())
  const suite = await startSuite({ apps: [], delivery: { mxPort: sink.port } })
  t.after(() => suite.stop())
  const ids = await Promise.all(
    Array.from({ length: 100 }, (_, at) => enqueue(suite.store, [`user${at}@there.test`])),
  )
  const limits = { perDestination: 10, lowWater: 5 }
  const workers = await Promise.all([startWorker(suite, limits), startWorker(suite, limits)])
  for (const id of ids) await settled(suite.store, id, ({ state }) => state === 'delivered')
  await Promise.all(workers.map((worker) => worker.drain()))
  assert.equal(sink.taken.length, 100)
  assert.equal(new Set(sink.taken.map(({ recipients }) => recipients[0])).size, 100)
})

test('a worker that has lost its database still drains', async (t) => {
  const sink = await startSink({ message: () => 'stall' })
  t.after(() => sink.close())
  const suite = await startDelivery(sink.port, { sessions: 1, deadlines: { dataEndMs: 1_000 } })
  t.after(() => suite.stop())
  await enqueue(suite.store, ['bob@there.test'])
  await enqueue(suite.store, ['eve@there.test'])
  await eventually('a message on its way', () => sink.lines.includes('DATA') || undefined)
  await suite.loseDatabase()
})
