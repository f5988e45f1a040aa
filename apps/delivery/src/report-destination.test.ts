import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { testActor, type Suite } from '@posthouse/testkit'
import { enqueue, eventually, inbox, settled, startDelivery } from './delivery.fixture.ts'
import { startSink, type Sink } from './sink.fixture.ts'

// Whose reports are, where the sender's address is not what it was when the message was written.

let sink: Sink
let suite: Suite
before(async () => {
  sink = await startSink()
  suite = await startDelivery(sink.port)
  await suite.account('last@example.test')
  const catchAll = { address: 'last@example.test' }
  await suite.store.domains.change('example.test', { catchAll }, testActor)
})
beforeEach(() => sink.behave({ rcpt: () => '550 5.1.1 No such user' }))
after(async () => {
  await suite.stop()
  await sink.close()
})

/** A message that its account wrote under an address, and that is refused. */
async function refused(login: string, sender: string): Promise<void> {
  const writer = await suite.store.accounts.show(login)
  assert.ok(writer)
  const queueId = await enqueue(suite.store, ['nobody@there.test'], { sender, account: writer.id })
  await settled(suite.store, queueId, ({ state }) => state === 'bounced')
}

/** Its last message. */
async function reportIn(address: string): Promise<string> {
  return eventually(`a report for ${address}`, async () => (await inbox(suite, address)).at(-1))
}

test('an account that has another address now gets the report, and no last resort does', async () => {
  await suite.account('ada@example.test')
  const { accounts } = suite.store
  assert.equal(
    await accounts.rename('ada@example.test', 'lovelace@example.test', testActor),
    'done',
  )
  await refused('lovelace@example.test', 'ada@example.test')
  assert.match(await reportIn('lovelace@example.test'), /^To: <?lovelace@example\.test/m)
  assert.deepEqual(await inbox(suite, 'last@example.test'), [])
})

test('so it does where somebody else has its old address', async () => {
  await suite.account('bob@example.test')
  const { accounts } = suite.store
  assert.equal(await accounts.rename('bob@example.test', 'rob@example.test', testActor), 'done')
  await suite.account('bob@example.test')
  await refused('rob@example.test', 'bob@example.test')
  assert.match(await reportIn('rob@example.test'), /550 5\.1\.1/)
  assert.deepEqual(await inbox(suite, 'bob@example.test'), [])
})

test('an account that wrote as nobody gets the report as the last resort', async () => {
  await refused('last@example.test', 'shop@example.test')
  assert.match(await reportIn('last@example.test'), /^To: <?shop@example\.test/m)
})

test('a removed account’s reports are nobody’s', async () => {
  await suite.account('eve@example.test')
  const eve = await suite.store.accounts.show('eve@example.test')
  assert.ok(eve)
  await suite.store.accounts.remove('eve@example.test', testActor)
  await suite.account('eve@example.test')
  const more = { sender: 'eve@example.test', account: eve.id }
  const queueId = await enqueue(suite.store, ['nobody@there.test'], more)
  await settled(suite.store, queueId, ({ state }) => state === 'bounced')
  assert.deepEqual(await inbox(suite, 'eve@example.test'), [])
})
