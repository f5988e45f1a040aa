import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testActor } from '@posthouse/testkit'
import { enqueue, eventually, inbox, settled, startDelivery } from './delivery.fixture.ts'
import { startSink } from './sink.fixture.ts'

const isBounced = ({ state }: { readonly state: string }): boolean => state === 'bounced'

test('mail for a suppressed address comes back at once, and goes to the others', async (t) => {
  const sink = await startSink()
  t.after(() => sink.close())
  const suite = await startDelivery(sink.port)
  t.after(() => suite.stop())
  await suite.account('ada@example.test')
  const how = { because: 'she does not want any' }
  await suite.store.suppressions.add('Eve@there.test', how, testActor)
  const queueId = await enqueue(suite.store, ['eve@there.test', 'bob@there.test'])
  const items = await settled(suite.store, queueId, ({ state }) => state !== 'waiting')
  await settled(suite.store, queueId, ({ state }) => state === 'bounced' || state === 'delivered')
  assert.equal(items.length, 2)
  assert.deepEqual(
    sink.taken.map(({ recipients }) => recipients),
    [['bob@there.test']],
  )
  const [report, ...others] = await eventually('the report', async () => {
    const messages = await inbox(suite, 'ada@example.test')
    return messages.length > 0 ? messages : undefined
  })
  assert.deepEqual(others, [])
  assert.match(report ?? '', /not delivered to <eve@there\.test>/)
  assert.match(report ?? '', /she does not want any/)
  assert.doesNotMatch(report ?? '', /bob@there\.test>/)
})

test('an address that does not exist is left alone after its second bounce', async (t) => {
  const sink = await startSink({ rcpt: () => '550 5.1.1 No such user here' })
  t.after(() => sink.close())
  const suite = await startDelivery(sink.port)
  t.after(() => suite.stop())
  for (let n = 0; n < 2; n++) {
    await settled(suite.store, await enqueue(suite.store, ['gone@there.test']), isBounced)
  }
  assert.equal(sink.lines.filter((line) => line.startsWith('RCPT')).length, 2)
  const third = await enqueue(suite.store, ['gone@there.test'])
  const [item] = await settled(suite.store, third, isBounced)
  assert.equal(item?.last?.host, undefined)
  assert.match(item?.last?.text ?? '', /Nothing is sent to this address/)
  assert.equal(sink.lines.filter((line) => line.startsWith('RCPT')).length, 2)
})
