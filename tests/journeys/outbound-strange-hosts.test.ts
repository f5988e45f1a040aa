import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ada, isDeferred, isOver, OutboundHouse } from './house/outbound-house.ts'
import { at, ManyHosts } from './house/outbound-many-hosts.ts'
import type { Answer } from './house/outbound-host.ts'
import { sampleMail } from './house/sample-mail.ts'
// Remote hosts that are slow, choosy, or talk nonsense (threats.md H1, H3, H7), and TLS where no policy asks for it (H4).

let world: ManyHosts

before(async () => {
  world = await ManyHosts.start()
})
after(async () => {
  await world.stop()
})

test('a TLS that is refused or broken is done without where no policy asks for it', async () => {
  const answers = ['454 4.7.0 no TLS now', '554 5.7.3 no TLS', { act: 'cut' }] as const
  for (const answer of answers) {
    const { host, queueId } = await world.send(at('STARTTLS', answer))
    const [item] = await world.house.settled(queueId)
    assert.equal(item?.state, 'delivered')
    assert.deepEqual(
      host.taken.map(({ isTls }) => isTls),
      [false],
    )
  }
})

test('a greylister takes the message at the second try', async () => {
  const { host, queueId } = await world.send(at('RCPT', '450 4.2.0 greylisted, try in 1 s', 1))
  const [item] = await world.house.settled(queueId, isDeferred)
  assert.match(item?.last?.text ?? '', /greylisted/)
  await world.house.retry(queueId)
  const [over] = await world.house.settled(queueId)
  assert.equal(over?.attempts, 2)
  assert.equal(host.taken.length, 1)
})

test('each recipient has its own answer, and nobody gets the message twice', async () => {
  const answers = new Map([
    ['b', '550 5.1.1 nobody here'],
    ['c', '450 4.2.1 come back'],
  ])
  const { host, domain } = await world.host({
    on: { RCPT: (line, count) => (count > 4 ? undefined : answers.get(line.charAt(9))) },
  })
  const to = ['a', 'b', 'c', 'd'].map((name) => `${name}@${domain}`)
  const queueId = await world.house.submit(to, sampleMail(7, ada, to.join(', ')))
  const items = await world.house.settled(queueId, (item) => isOver(item) || isDeferred(item))
  assert.deepEqual(
    items.map(({ state }) => state),
    ['delivered', 'bounced', 'waiting', 'delivered'],
  )
  await world.house.retry(queueId)
  await world.house.settled(queueId)
  assert.deepEqual(
    host.taken.map(({ recipients }) => recipients),
    [[`a@${domain}`, `d@${domain}`], [`c@${domain}`]],
  )
})

test('thirty hosts that say nothing do not keep mail from one that works', async () => {
  const slow = await Promise.all(
    Array.from({ length: 30 }, () => world.send(at('MAIL', { act: 'stall' }))),
  )
  const { host, queueId } = await world.send({})
  await world.house.settled(queueId)
  assert.equal(host.taken.length, 1)
  for (const each of slow) await world.house.settled(each.queueId, isDeferred)
})

test('replies that are too long, not ASCII or no replies at all do no harm', async () => {
  const strange: readonly Answer[] = [
    `250 ${'x'.repeat(100_000)}`,
    Array.from({ length: 5000 }, (_, line) => `250-line ${line}`).join('\r\n'),
    '451 4.3.0 sch\u00f6n sp\u00e4ter \u0007\u001b[31m',
    'what?',
    '99 little',
  ]
  for (const answer of strange) {
    const { queueId } = await world.send(at('MAIL', answer))
    const [item] = await world.house.settled(queueId, (each) => isOver(each) || isDeferred(each))
    assert.ok((item?.last?.text.length ?? 0) <= 2000)
    assert.doesNotMatch(item?.last?.text ?? '', /[\0-\x1f\x7f]/)
  }
})

test('a tarpit that says one octet after the other is left when its time is over', async () => {
  for (const step of ['greeting', 'EHLO', 'MAIL', 'text'] as const) {
    const { host, queueId } = await world.send(at(step, { act: 'drip' }))
    const [item] = await world.house.settled(queueId, isDeferred)
    assert.equal(item?.lastOutcome, step === 'text' ? 'unknown' : 'deferred')
    assert.equal(host.taken.length, 0)
  }
})

test('nothing is sent to private addresses that the operator has not named', async () => {
  const { host, domain } = await world.host({})
  const to = `bob@${domain}`
  const guarded = await OutboundHouse.start({ ...world.setting, delivery: { privateTargets: [] } })
  try {
    const [item] = await guarded.settled(await guarded.submit(to, sampleMail(9, ada, to)))
    assert.equal(item?.state, 'bounced')
    assert.match(item.last?.text ?? '', /private/)
    assert.equal(host.connections, 0)
  } finally {
    await guarded.stop()
  }
})
