import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startSuite, testActor, type Suite } from '@posthouse/testkit'
import type { NewRelay } from '@posthouse/store'
import { deliveryApp } from './delivery.ts'
import { enqueue, eventually, quick, settled, testResolver } from './delivery.fixture.ts'
import { type Sink, startSink } from './sink.fixture.ts'

let suite: Suite
let relay: Sink
let host: Sink

before(async () => {
  relay = await startSink()
  host = await startSink()
  suite = await startSuite({
    apps: [deliveryApp(quick)],
    resolver: testResolver('relay.test A 127.0.0.1\nfails.test FAIL'),
    // there.test is at 127.0.0.1; nothing but what a relay is named as may be private.
    delivery: { mxPort: host.port, privateTargets: [] },
  })
})
after(async () => {
  await suite.stop()
  await relay.close()
  await host.close()
})
afterEach(async () => {
  for (const each of await suite.store.relays.list())
    await suite.store.relays.remove(each, testActor)
})

async function add(more: Partial<NewRelay>): Promise<void> {
  const made = await suite.store.relays.add(
    {
      recipient: '*',
      sender: '*',
      afterFailures: 0,
      host: 'relay.test',
      port: relay.port,
      tls: 'none',
      ...more,
    },
    testActor,
  )
  assert.ok(made.ok)
}

/** Sends until the outcome is that of a worker that knows the relays of this moment. */
async function sendUntil(address: string, state: 'delivered' | 'bounced', sender?: string) {
  return await eventually(`${address} is ${state}`, async () => {
    const more = sender === undefined ? {} : { sender }
    const queueId = await enqueue(suite.store, [address], more)
    const [item] = await settled(
      suite.store,
      queueId,
      ({ lastOutcome }) => lastOutcome !== undefined,
    )
    return item?.state === state ? item : undefined
  })
}

test('mail of a domain that has a relay goes there, though it is at a private address', async () => {
  await sendUntil('bob@there.test', 'bounced')
  await add({ recipient: 'there.test' })
  const item = await sendUntil('bob@there.test', 'delivered')
  assert.equal(item.last?.host, 'relay.test')
  await sendUntil('bob@other.test', 'bounced')
  assert.ok(relay.taken.every(({ recipients }) => recipients.join() === 'bob@there.test'))
})

test("a sender's relay takes that sender's mail, whatever its domain has in DNS", async () => {
  await add({ sender: 'ada@example.test' })
  await sendUntil('bob@null.test', 'delivered', 'ada@example.test')
  await sendUntil('bob@null.test', 'bounced', 'eve@example.test')
})

test('a relay that is there for the worst takes over after so many failures', async () => {
  await add({ sender: 'late@example.test', afterFailures: 2, recipient: 'fails.test' })
  await sendUntil('bob@null.test', 'bounced')
  const sender = 'late@example.test'
  const queueId = await enqueue(suite.store, ['bob@fails.test'], { sender })
  for (const attempts of [1, 2]) {
    const [item] = await settled(
      suite.store,
      queueId,
      (each) =>
        each.attempts === attempts && each.lastOutcome !== undefined && each.state === 'waiting',
    )
    assert.equal(item?.last?.enhanced, '4.4.3')
    await suite.store.queue.retry({ queueIds: [queueId] })
  }
  const [item] = await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.equal(item?.last?.host, 'relay.test')
  assert.equal(item?.attempts, 3)
})

test('a relay that cannot be found, or whose password does not open, makes mail wait', async () => {
  await add({ sender: 'lost@example.test', host: 'nowhere.test' })
  const item = await eventually('the mail waits for its relay', async () => {
    const queueId = await enqueue(suite.store, ['bob@null.test'], { sender: 'lost@example.test' })
    const [each] = await settled(
      suite.store,
      queueId,
      ({ lastOutcome }) => lastOutcome !== undefined,
    )
    return each?.state === 'waiting' ? each : undefined
  })
  assert.equal(item.last?.enhanced, '4.3.5')
  assert.match(item.last?.text ?? '', /relay nowhere\.test has no address/)
})
