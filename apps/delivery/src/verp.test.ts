import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testActor } from '@posthouse/testkit'
import { enqueue, settled, startDelivery } from './delivery.fixture.ts'
import { startSink } from './sink.fixture.ts'
import { verpSender } from './verp.ts'

const sink = await startSink()
const suite = await startDelivery(sink.port)
after(async () => {
  await suite.stop()
  await sink.close()
})

test('the sender names the recipient where that can be written, and is plain where not', () => {
  for (const [sender, recipient, expected] of [
    ['ada@example.test', 'bob@there.test', 'ada+bob=there.test@example.test'],
    ['ada+news@example.test', 'b=c@there.test', 'ada+news+b=c=there.test@example.test'],
    ['', 'bob@there.test', ''],
    ['ada@example.test', '"b ob"@there.test', 'ada@example.test'],
    ['ada@example.test', 'böb@there.test', 'ada@example.test'],
    ['ada@example.test', 'bob@[192.0.2.1]', 'ada@example.test'],
    ['ada@example.test', `${'b'.repeat(60)}@there.test`, 'ada@example.test'],
  ] as const) {
    assert.equal(verpSender(sender, recipient), expected)
  }
})

test('with send.verp each recipient has a transaction and a sender of its own; reports go where they went', async () => {
  sink.behave({ rcpt: (line) => (line.includes('nobody') ? '550 5.1.1 No such user' : undefined) })
  const { id: account } = await suite.account('ada@example.test')
  const change = { name: 'send.verp', value: 'yes' } as const
  await suite.store.accountSettings.change('ada@example.test', [change], testActor)
  const to = ['bob@there.test', 'eve@there.test', 'nobody@there.test']
  const queueId = await enqueue(suite.store, to, { account })
  await settled(suite.store, queueId, ({ state }) => state === 'delivered' || state === 'bounced')
  assert.deepEqual(
    sink.taken.map(({ sender, recipients }) => [sender, ...recipients]),
    [
      ['ada+bob=there.test@example.test', 'bob@there.test'],
      ['ada+eve=there.test@example.test', 'eve@there.test'],
    ],
  )
  const resolved = await suite.store.resolve('ada+bob=there.test@example.test')
  assert.ok(resolved.kind === 'local' && resolved.account.account === account)
  const other = await enqueue(suite.store, ['bob@there.test', 'eve@there.test'])
  await settled(suite.store, other, ({ state }) => state === 'delivered')
  assert.deepEqual(sink.taken.at(-1)?.recipients, ['bob@there.test', 'eve@there.test'])
})
