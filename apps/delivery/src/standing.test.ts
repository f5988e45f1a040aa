import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testActor } from '@posthouse/testkit'
import { enqueue, eventually, settled, startDelivery } from './delivery.fixture.ts'
import { paceLimits } from './pace/pace-limits.ts'
import { startSink } from './sink.fixture.ts'

const names = Array.from({ length: 8 }, (_, at) => `p${at}.test`)
const sink = await startSink()
const suite = await startDelivery(
  sink.port,
  { pace: { ...paceLimits, leadMs: 300, suspensionMs: 2_000 } },
  `
  ${names.map((name) => `${name} A 127.0.0.1`).join('\n')}
  one.many.test MX 10 one.hosts.test
  two.many.test MX 10 two.hosts.test
  one.hosts.test A 127.0.0.1
  two.hosts.test A 127.0.0.1
  `,
)
after(async () => {
  await suite.stop()
  await sink.close()
})
const { store } = suite

const paceOf = async (provider: string) =>
  await eventually(`the pace of ${provider}`, async () =>
    (await store.pace.list()).find((each) => each.provider === provider),
  )

/** Puts in so many messages, one by one, and gives what they came to when `done` holds. */
async function crowd(count: number, domain: string) {
  return await Promise.all(
    Array.from({ length: count }, (_, at) => enqueue(store, [`user${at}@${domain}`])),
  )
}

const itemsOf = async (ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => store.queue.show(id)))).flat()

test('a provider that is busy hears of three messages; the others wait untried, and all arrive when it has time', async () => {
  let isBusy = true
  sink.behave({ greeting: () => (isBusy ? '421 4.3.2 Too busy' : undefined) })
  const ids = await crowd(12, 'p0.test')
  const { suspendedUntil, because, last } = await eventually('a suspension', async () => {
    const pace = await paceOf('p0.test')
    return pace.suspendedUntil === undefined ? undefined : pace
  })
  assert.ok(suspendedUntil !== undefined)
  assert.deepEqual([because, last?.code, last?.text], ['rate', 421, 'Too busy'])
  const items = await eventually('three attempts', async () => {
    const all = await itemsOf(ids)
    return all.filter(({ lastOutcome }) => lastOutcome !== undefined).length >= 3 ? all : undefined
  })
  assert.equal(items.filter(({ attempts }) => attempts === 0).length, 9)
  assert.ok(items.every(({ state }) => state === 'waiting' || state === 'active'))
  isBusy = false
  const untried = ids.filter((_, at) => items[at]?.attempts === 0)
  for (const id of untried) {
    const [item] = await settled(store, id, ({ state }) => state === 'delivered')
    assert.equal(item?.attempts, 1)
  }
  const { suspensions } = await eventually('the end of it', async () => {
    const pace = await paceOf('p0.test')
    return pace.suspendedUntil === undefined ? pace : undefined
  })
  assert.equal(suspensions, 0)
  assert.equal(sink.taken.length, 9)
})

test('who refuses us for our address refuses five, and the others wait for the operator', async () => {
  sink.behave({ mail: () => '554 5.7.1 Client host blocked using zen.spamhaus.org' })
  const ids = await crowd(20, 'p1.test')
  await eventually('a suspension', async () => {
    const pace = await paceOf('p1.test')
    return pace.because === 'reputation' ? pace : undefined
  })
  const items = await eventually('five refusals', async () => {
    const all = await itemsOf(ids)
    return all.filter(({ state }) => state === 'bounced').length >= 5 ? all : undefined
  })
  const bounced = items.filter(({ state }) => state === 'bounced').length
  assert.ok(bounced <= 7, `${bounced} bounced`)
  sink.behave()
  assert.equal(await store.pace.resume('p1.test', testActor), 1)
  const waiting = ids.filter((_, at) => items[at]?.state !== 'bounced')
  for (const id of waiting) await settled(store, id, ({ state }) => state === 'delivered')
})

test('who refuses us at the door refuses five, too', async () => {
  sink.behave({ greeting: () => '554 5.7.1 Client host blocked using zen.spamhaus.org' })
  const ids = await crowd(12, 'p4.test')
  await eventually('five refusals', async () => {
    const all = await itemsOf(ids)
    return all.filter(({ state }) => state === 'bounced').length >= 5 || undefined
  })
  const pace = await eventually('a suspension', async () => {
    const known = await paceOf('p4.test')
    return known.suspendedUntil === undefined ? undefined : known
  })
  assert.equal(pace.because, 'reputation')
  const untried = (await itemsOf(ids)).filter(({ attempts }) => attempts === 0)
  assert.ok(untried.length >= 5, `${untried.length} untried`)
  await store.queue.drop({ queueIds: ids })
})

test('a recipient that does not exist, a full mailbox and greylisting say nothing about us', async () => {
  const answers = ['550 5.1.1 No such user', '452 4.2.2 Mailbox full', '451 4.7.1 Greylisted']
  let count = 0
  sink.behave({ rcpt: () => answers[(count += 1) % answers.length] })
  const ids = await crowd(45, 'p2.test')
  for (const id of ids) {
    const [item] = await settled(store, id, ({ lastOutcome }) => lastOutcome !== undefined)
    assert.equal(item?.attempts, 1)
  }
  const known = await store.pace.list()
  assert.ok(!known.some(({ provider, because }) => provider === 'p2.test' && because !== undefined))
})

test('all hosts of a provider are one: what one of them says holds for mail to the others', async () => {
  sink.behave({ greeting: () => '421 4.7.0 Try again later' })
  const one = await crowd(5, 'one.many.test')
  await eventually('a suspension', async () => {
    const pace = await paceOf('hosts.test')
    return pace.suspendedUntil === undefined ? undefined : pace
  })
  const [two = ''] = await crowd(1, 'two.many.test')
  const [item] = await settled(
    store,
    two,
    ({ state, nextAt }) => state === 'waiting' && (nextAt?.getTime() ?? 0) > Date.now(),
  )
  assert.equal(item?.attempts, 0)
  sink.behave()
  for (const id of [...one, two]) {
    await store.queue.retry({ queueIds: [id] })
  }
  await settled(store, two, ({ state }) => state === 'delivered')
})

test('what has waited for too long meanwhile is returned all the same', async () => {
  sink.behave({ greeting: () => '421 4.3.2 Too busy' })
  const ids = await crowd(3, 'p3.test')
  await eventually('a suspension', async () => {
    const pace = await paceOf('p3.test')
    return pace.suspendedUntil === undefined ? undefined : pace
  })
  const old = await enqueue(store, ['late@p3.test'], { expiresAt: new Date(Date.now() + 100) })
  const [item] = await settled(store, old, ({ state }) => state === 'bounced')
  assert.match(item?.last?.text ?? '', /Too busy/)
  await store.queue.drop({ queueIds: ids })
})
