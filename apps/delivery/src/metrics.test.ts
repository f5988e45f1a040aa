import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { enqueue, eventually, settled, startDelivery } from './delivery.fixture.ts'
import { attemptNumber, attempts, durations } from './metrics.ts'
import { startSink } from './sink.fixture.ts'

const sink = await startSink()
const suite = await startDelivery(sink.port)
// Whom reports go to: sent on, they would count as well.
await suite.account('ada@example.test')
after(async () => {
  await suite.stop()
  await sink.close()
})

const deferred = (attempt: '1' | '2') =>
  attempts.value({ result: 'deferred', tls: 'none', attempt })

test('an attempt is counted by what came of it, what protected it, and which one it was', async () => {
  sink.behave()
  const first = await enqueue(suite.store, ['bob@there.test', 'eve@there.test'])
  await settled(suite.store, first, ({ state }) => state === 'delivered')
  const delivered = { result: 'delivered', tls: 'none', attempt: '1' } as const
  assert.equal(attempts.value(delivered), 2)
  const [series] = durations.snapshot().series
  assert.equal(
    series?.numbers.slice(0, -1).reduce((sum, count) => sum + count, 0),
    1,
  )
  sink.behave({ rcpt: () => '450 4.2.0 later' })
  const second = await enqueue(suite.store, ['bob@there.test'])
  await eventually('the first failure', () => deferred('1') === 1 || undefined)
  await settled(suite.store, second, ({ lastOutcome }) => lastOutcome === 'deferred')
  await suite.store.queue.retry({ queueIds: [second] })
  await eventually('the second failure', () => deferred('2') === 1 || undefined)
})

test('what never gets a connection has no protection to tell of', async () => {
  const id = await enqueue(suite.store, ['bob@null.test'])
  await settled(suite.store, id, ({ state }) => state === 'bounced')
  assert.equal(attempts.value({ result: 'bounced', tls: 'unconnected', attempt: '1' }), 1)
})

test('the fifth attempt and all later ones are alike', () => {
  assert.deepEqual([1, 4, 5, 40].map(attemptNumber), ['1', '4', '5+', '5+'])
})
