import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { QueueItem } from '@posthouse/store'
import { enqueue, inbox, settled, startDelivery } from './delivery.fixture.ts'
import { type SinkBehaviour, startSink } from './sink.fixture.ts'

// Each case has a domain, and so a provider, of its own.
const names = Array.from({ length: 40 }, (_, at) => `case${at}.test`)
const sink = await startSink()
const suite = await startDelivery(
  sink.port,
  {},
  names.map((name) => `${name} A 127.0.0.1`).join('\n'),
)
after(async () => {
  await suite.stop()
  await sink.close()
})

let cases = 0
const nextDomain = (): string => names[cases++] ?? 'too few cases'

/** What becomes of a recipient while a host behaves so, and that its message arrives once the host behaves. */
async function outcomeOf(behaviour: SinkBehaviour): Promise<readonly [unknown, unknown, unknown]> {
  sink.behave(behaviour)
  const sender = `${nextDomain().replace('.', '-')}@example.test`
  await suite.account(sender)
  const id = await enqueue(suite.store, [`bob@${names[cases - 1]}`], { sender })
  const [item] = await settled(suite.store, id, tried)
  assert.equal(item?.attempts, 1)
  const reports = await inbox(suite, sender)
  assert.equal(reports.length, item?.state === 'bounced' ? 1 : 0)
  sink.behave()
  if (item?.state === 'waiting') {
    assert.ok((item.nextAt?.getTime() ?? 0) > Date.now() + 60_000)
    assert.equal(await suite.store.queue.retry({ queueIds: [id] }), 1)
    await settled(suite.store, id, ({ state }) => state === 'delivered')
  }
  assert.equal(sink.taken.length, item?.state === 'bounced' ? 0 : 1)
  return [item?.lastOutcome, item?.state, item?.last?.code]
}

const tried = ({ lastOutcome }: QueueItem): boolean => lastOutcome !== undefined

type Step = 'greeting' | 'mail' | 'rcpt' | 'data' | 'message'
const steps: readonly Step[] = ['greeting', 'mail', 'rcpt', 'data', 'message']

for (const step of steps) {
  for (const code of [421, 450, 451]) {
    test(`${code} at ${step}: the recipient waits, and is tried again`, async () => {
      const answer = `${code} 4.3.2 not now`
      assert.deepEqual(await outcomeOf({ [step]: () => answer }), ['deferred', 'waiting', code])
    })
  }

  test(`554 at ${step}: the sender is told, once`, async () => {
    const answer = '554 5.3.0 never'
    assert.deepEqual(await outcomeOf({ [step]: () => answer }), ['bounced', 'bounced', 554])
  })
}

for (const step of ['greeting', 'ehlo', 'mail', 'rcpt', 'data'] as const) {
  test(`a connection that is cut at ${step} is no answer: the recipient waits`, async () => {
    const outcome = await outcomeOf({ [step]: () => 'cut' })
    assert.deepEqual(outcome.slice(0, 2), ['deferred', 'waiting'])
  })
}

test('a connection that is cut after the final dot leaves it unknown', async () => {
  const outcome = await outcomeOf({ message: () => 'cut' })
  assert.deepEqual(outcome.slice(0, 2), ['unknown', 'waiting'])
})

test('421 to EHLO: the recipient waits', async () => {
  const outcome = await outcomeOf({ ehlo: () => '421 4.3.2 not now' })
  assert.deepEqual(outcome.slice(0, 2), ['deferred', 'waiting'])
})

for (const answer of ['452 4.5.3 Too many recipients', '552 Too many recipients']) {
  test(`"${answer}" after ten: the others come in the next transaction, and the host is not asked for more again`, async () => {
    const domain = nextDomain()
    let count = 0
    let refusals = 0
    sink.behave({
      mail: () => {
        count = 0
        return undefined
      },
      rcpt: () => {
        count += 1
        if (count <= 10) return undefined
        refusals += 1
        return answer
      },
    })
    const addresses = Array.from({ length: 25 }, (_, at) => `user${at}@${domain}`)
    const first = await enqueue(suite.store, addresses)
    await settled(suite.store, first, ({ state }) => state === 'delivered')
    assert.deepEqual(
      sink.taken.map(({ recipients }) => recipients.length),
      [10, 10, 5],
    )
    assert.deepEqual(
      sink.taken.flatMap(({ recipients }) => recipients),
      addresses,
    )
    assert.equal(refusals, 15)
    const second = await enqueue(suite.store, addresses)
    await settled(suite.store, second, ({ state }) => state === 'delivered')
    assert.equal(refusals, 15)
    assert.equal(sink.taken.length, 6)
  })
}

test('a mailbox that is full in mid-RCPT costs only itself', async () => {
  const domain = nextDomain()
  sink.behave({ rcpt: (line) => (line.includes('full') ? '552 5.2.2 Mailbox full' : undefined) })
  const addresses = [`a@${domain}`, `full@${domain}`, `b@${domain}`]
  const id = await enqueue(suite.store, addresses)
  const items = await settled(suite.store, id, tried)
  assert.deepEqual(
    items.map(({ state }) => state),
    ['delivered', 'bounced', 'delivered'],
  )
  assert.deepEqual(sink.taken[0]?.recipients, [`a@${domain}`, `b@${domain}`])
})
