import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { AttemptOutcome, Claim } from './queue.ts'
import type { QueueSubmission } from './queue-submission.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

async function submit(
  to: string | readonly string[],
  details: Partial<QueueSubmission> = {},
  sender = 'ada@example.test',
): Promise<string> {
  const delivery = outboundDelivery(sender, [to].flat(), 'Hello', details)
  await house.store.deliver(delivery)
  return delivery.queueId
}

const claimOf = (domain: string, more: object = {}): Promise<Claim> =>
  house.store.queue.claim({
    worker: 'w',
    destinations: 10,
    perDestination: 100,
    leaseSeconds: 600,
    only: [domain],
    ...more,
  })

async function end(
  claim: Claim,
  kind: AttemptOutcome['kind'],
  reply: Partial<AttemptOutcome['reply']> = {},
): Promise<void> {
  const outcomes = [...claim.messages, ...claim.suppressed].flatMap(({ queueId, recipients }) =>
    recipients.map(({ n }) => ({
      queueId,
      n,
      kind,
      reply: { host: 'mx.test', code: 250, enhanced: undefined, text: 'said', ...reply },
      retryInSeconds: 300,
    })),
  )
  await house.store.queue.record(claim.token, outcomes)
}

const states = async (id: string) => (await house.store.queue.show(id)).map(({ state }) => state)

const idsOf = (claim: Claim) => claim.messages.map(({ queueId }) => queueId)

test('a message goes not before its release, is aged from then on, and lives until it expires', async () => {
  const releaseAt = new Date(Date.now() + 1_500)
  const expiresAt = new Date(+releaseAt + 3_600_000)
  const id = await submit('x@release.test', { releaseAt, expiresAt })
  assert.deepEqual(idsOf(await claimOf('release.test')), [])
  assert.equal(await house.store.queue.retry({ queueIds: [id] }), 0)
  const dueMs = await house.store.queue.nextDueMs()
  assert.ok(dueMs !== undefined && dueMs <= 1_500)
  let claim = await claimOf('release.test')
  for (; claim.messages.length === 0; claim = await claimOf('release.test')) await setTimeout(50)
  const [message] = claim.messages
  assert.ok(Date.now() >= +releaseAt - 1_000)
  assert.ok(message !== undefined && message.ageSeconds >= 0 && message.ageSeconds < 600)
  assert.equal(Math.round(message.lifetimeSeconds), 3_600)
  await end(claim, 'delivered')
})

test('to one destination the urgent goes first, and what can wait goes last', async () => {
  const low = await submit('x@urgent.test', { priority: -4 })
  const usual = await submit('x@urgent.test')
  const high = await submit('x@urgent.test', { priority: 2 })
  const claims = [
    await claimOf('urgent.test', { perDestination: 1 }),
    await claimOf('urgent.test', { perDestination: 2 }),
  ]
  assert.deepEqual(claims.map(idsOf), [[high], [usual, low]])
  for (const claim of claims) await end(claim, 'delivered')
})

test('a hold says who and why, outlasts a retry, and ends by a release', async () => {
  const { queue } = house.store
  const id = await submit(['x@hold.test', 'y@hold.test'])
  const why = { by: 'operator', because: 'looks odd\r\nto me' } as const
  assert.equal(await queue.hold({ destination: 'hold.test', recipient: 'X@hold.test' }, why), 1)
  assert.deepEqual(
    (await queue.show(id)).map(({ state, hold }) => [state, hold?.by, hold?.because]),
    [
      ['held', 'operator', 'looks odd  to me'],
      ['waiting', undefined, undefined],
    ],
  )
  assert.equal(await queue.retry({ queueIds: [id] }), 0)
  const claim = await claimOf('hold.test')
  assert.deepEqual(
    claim.messages[0]?.recipients.map(({ n }) => n),
    [2],
  )
  await end(claim, 'delivered')
  assert.equal((await queue.status()).held, 1)
  assert.equal(await queue.unhold({ queueIds: [id] }, actor), 1)
  const [entry] = await house.store.audit.list({ object: id })
  assert.equal(entry?.action, 'queue.released')
  const rest = await claimOf('hold.test')
  assert.deepEqual(idsOf(rest), [id])
  await end(rest, 'delivered')
})

test('what is held while it is being sent keeps its outcome, and is not tried again', async () => {
  const { queue } = house.store
  const id = await submit(['x@late.test', 'y@late.test', 'z@late.test'])
  const claim = await claimOf('late.test', { leaseSeconds: 600 })
  assert.equal(await queue.hold({ queueIds: [id] }), 3)
  assert.equal(await queue.renew(claim.token, 600), 3)
  assert.equal((await queue.contents([id], { isToBeSent: true })).size, 0)
  assert.equal((await queue.contents([id])).size, 1)
  const [message] = claim.messages
  assert.ok(message)
  const reply = { host: 'mx.test', code: 250, enhanced: undefined, text: 'said' }
  await queue.record(claim.token, [
    { queueId: id, n: 1, kind: 'delivered', reply },
    { queueId: id, n: 2, kind: 'deferred', reply, retryInSeconds: 0 },
  ])
  assert.deepEqual(await states(id), ['delivered', 'held', 'active'])
  // Released while it is being sent: nobody else may send it.
  assert.equal(await queue.unhold({ queueIds: [id] }), 2)
  assert.equal((await queue.contents([id], { isToBeSent: true })).size, 1)
  const others = await claimOf('late.test')
  assert.deepEqual(
    others.messages[0]?.recipients.map(({ n }) => n),
    [2],
  )
  await queue.record(claim.token, [{ queueId: id, n: 3, kind: 'delivered', reply }])
  await end(others, 'delivered')
  assert.deepEqual(await states(id), ['delivered', 'delivered', 'delivered'])
})

test('what an account that is suspected submits is held from the first moment', async () => {
  const id = await submit('x@suspect.test', { held: 'too many strangers' })
  assert.deepEqual(idsOf(await claimOf('suspect.test')), [])
  const [item] = await house.store.queue.list({ heldBy: 'account' })
  assert.deepEqual(
    [item?.queueId, item?.hold],
    [id, { by: 'account', because: 'too many strangers' }],
  )
  await house.store.queue.unhold({ heldBy: 'account' })
  await end(await claimOf('suspect.test'), 'delivered')
})

test('a rule holds what is there and what comes, and lets go what is released', async () => {
  const { queue } = house.store
  const there = await submit('x@ruled.test')
  const { rule, held } = await queue.addRule(
    { destination: 'RULED.test', senderDomain: 'example.test', because: 'ask legal' },
    actor,
  )
  assert.equal(held, 1)
  const [mine] = (await queue.show(there)).map(({ hold }) => hold)
  assert.deepEqual(mine, { by: 'rule', because: 'ask legal', rule: rule.id })
  const other = await submit('x@ruled.test', {}, 'x@elsewhere.test')
  const come = await submit('x@ruled.test')
  const claim = await claimOf('ruled.test')
  assert.deepEqual(idsOf(claim), [other])
  assert.deepEqual(
    (await queue.show(come)).map(({ state }) => state),
    ['held'],
  )
  const kinds = await house.store.trace.find({ subject: { by: 'queue-id', id: come } })
  assert.ok(kinds.some(({ kind, details }) => kind === 'held' && details['rule'] === rule.id))
  assert.equal((await queue.rules()).find(({ id }) => id === rule.id)?.holds, 2)
  await queue.unhold({ rule: rule.id })
  const released = await claimOf('ruled.test')
  assert.deepEqual(idsOf(released).toSorted(), [there, come].toSorted())
  await end(claim, 'delivered')
  await end(released, 'delivered')
  assert.equal(await queue.removeRule(rule.id, actor), true)
  assert.equal(await queue.removeRule(rule.id, actor), false)
})

test('each condition of a rule counts, and all of them must be true', async () => {
  const { queue } = house.store
  const account = await house.account('grace@example.test')
  const conditions = [
    { sender: 'Grace@Example.test' },
    { account: account.id },
    { recipient: 'X@each.test' },
    { largerThanBytes: 10 },
    { origin: 'forwarded' },
    { olderThanSeconds: 0 },
  ] as const
  for (const condition of conditions) {
    const { rule } = await queue.addRule(
      { ...condition, because: 'x', destination: 'each.test' },
      actor,
    )
    const details = { account: account.id, origin: 'forwarded' } as const
    const id = await submit('x@each.test', details, 'grace@example.test')
    assert.deepEqual(idsOf(await claimOf('each.test')), [], JSON.stringify(condition))
    assert.equal((await queue.show(id))[0]?.hold?.rule, rule.id)
    await queue.drop({ queueIds: [id] })
    await queue.removeRule(rule.id, actor)
  }
  const none = { sender: 'grace@example.test', largerThanBytes: 1_000_000, because: 'x' }
  const { rule } = await queue.addRule(none, actor)
  const id = await submit('x@each.test', {}, 'grace@example.test')
  const claim = await claimOf('each.test')
  assert.deepEqual(idsOf(claim), [id])
  await end(claim, 'delivered')
  await queue.removeRule(rule.id, actor)
})

test('a paused destination is passed over until it resumes, by hand or by time', async () => {
  const { queue } = house.store
  const id = await submit('x@paused.test')
  await queue.pause('PAUSED.test', { because: 'they asked' }, actor)
  assert.deepEqual(idsOf(await claimOf('paused.test')), [])
  const late = await submit('y@paused.test')
  assert.deepEqual(idsOf(await claimOf('paused.test')), [])
  const [pause] = await queue.pauses()
  assert.deepEqual(
    [pause?.destination, pause?.because, pause?.until],
    ['paused.test', 'they asked', undefined],
  )
  assert.equal((await queue.status()).paused, 1)
  assert.equal(await queue.resume('paused.test', actor), true)
  assert.equal(await queue.resume('paused.test', actor), false)
  const claim = await claimOf('paused.test')
  assert.deepEqual(idsOf(claim).toSorted(), [id, late].toSorted())
  await end(claim, 'deferred')
  await queue.retry({ destination: 'paused.test' })
  await queue.pause('paused.test', { because: 'a while', until: new Date(Date.now() + 700) }, actor)
  assert.deepEqual(idsOf(await claimOf('paused.test')), [])
  let again = await claimOf('paused.test')
  for (; again.messages.length === 0; again = await claimOf('paused.test')) await setTimeout(50)
  assert.deepEqual(await queue.pauses(), [])
  await end(again, 'delivered')
})

test('a pause of everything stops every claim, and nothing is due meanwhile', async () => {
  const { queue } = house.store
  const id = await submit('x@all.test')
  await queue.pause(undefined, { because: 'maintenance' }, actor)
  assert.deepEqual(idsOf(await claimOf('all.test')), [])
  assert.equal(await queue.nextDueMs(), undefined)
  await queue.pause(undefined, { because: 'x', until: new Date(Date.now() + 60_000) }, actor)
  const dueMs = (await queue.nextDueMs()) ?? 0
  assert.ok(dueMs > 1_000 && dueMs <= 60_000, `${dueMs}`)
  assert.equal((await queue.pauses())[0]?.destination, undefined)
  await queue.resume(undefined, actor)
  const claim = await claimOf('all.test')
  assert.deepEqual(idsOf(claim), [id])
  await end(claim, 'delivered')
})

/** Attempts of which the trace says that nobody knows what came of them. */
const unknownsOf = async (id: string) =>
  (await house.store.trace.find({ subject: { by: 'queue-id', id } })).flatMap(({ kind, details }) =>
    kind === 'unknown' ? [details['to']] : [],
  )

test('an attempt that was never recorded is told of, whatever is done to the message since', async () => {
  const { queue } = house.store
  const ids = []
  for (const domain of ['lost1.test', 'lost2.test', 'lost3.test']) {
    ids.push(await submit(`x@${domain}`))
    await claimOf(domain, { leaseSeconds: 0 })
  }
  const [held = '', ruled = '', moved = ''] = ids
  await queue.hold({ queueIds: [held] })
  await queue.unhold({ queueIds: [held] })
  const now = await queue.addRule({ destination: 'lost2.test', because: 'no' }, actor)
  assert.equal(now.held, 1)
  await queue.unhold({ queueIds: [ruled] })
  for (const [id, domain] of [
    [held, 'lost1.test'],
    [ruled, 'lost2.test'],
  ] as const) {
    const claim = await claimOf(domain)
    assert.deepEqual(idsOf(claim), [id])
    await end(claim, 'delivered')
    assert.deepEqual(await unknownsOf(id), [`x@${domain}`])
  }
  await queue.redirect({ queueIds: [moved] }, 'y@found.test')
  assert.deepEqual(await unknownsOf(moved), ['x@lost3.test'])
  await end(await claimOf('found.test'), 'delivered')
  assert.deepEqual(await unknownsOf(moved), ['x@lost3.test'])
  await queue.removeRule(now.rule.id, actor)
})

test('what an old worker says of the address before counts not for the new one', async () => {
  const { queue } = house.store
  const id = await submit('x@before.test')
  const claim = await claimOf('before.test', { leaseSeconds: 0 })
  await queue.redirect({ queueIds: [id] }, 'x@after.test')
  await end(claim, 'delivered')
  assert.deepEqual(await states(id), ['waiting'])
  await end(await claimOf('after.test'), 'delivered')
  assert.deepEqual(await states(id), ['delivered'])
})

test('a redirected recipient goes elsewhere at once, and its reports still say whom it was for', async () => {
  const { queue } = house.store
  const id = await submit('gone@old.test')
  await end(await claimOf('old.test'), 'deferred')
  assert.equal(await queue.redirect({ queueIds: [id] }, 'Grüße@new.test', actor), 1)
  assert.deepEqual(idsOf(await claimOf('old.test')), [])
  const claim = await claimOf('new.test')
  const [message] = claim.messages
  assert.equal(message?.needsSmtpUtf8, true)
  assert.equal(message.recipients[0]?.address, 'Grüße@new.test')
  assert.equal(message.recipients[0].originalRecipient, 'rfc822;gone@old.test')
  const [step] = (await house.store.trace.find({ subject: { by: 'queue-id', id } })).filter(
    ({ kind }) => kind === 'redirected',
  )
  assert.equal(step?.details['because'], 'to Grüße@new.test')
  await end(claim, 'delivered')
})

test('what is taken aside to be failed is ended, held or not, and is nobody else’s meanwhile', async () => {
  const { queue } = house.store
  const id = await submit(['x@taken.test', 'y@taken.test'])
  await queue.hold({ recipient: 'x@taken.test' })
  const claim = await queue.take({ queueIds: [id] }, { worker: 'cli', leaseSeconds: 60 })
  assert.deepEqual(
    claim.messages[0]?.recipients.map(({ attempt }) => attempt),
    [0, 0],
  )
  assert.deepEqual(idsOf(await claimOf('taken.test')), [])
  assert.equal(await queue.drop({ recipient: 'y@taken.test' }), 0)
  await end(claim, 'bounced', { host: undefined, text: 'failed by an operator' })
  assert.deepEqual(
    (await queue.show(id)).map(({ state }) => state),
    ['bounced', 'bounced'],
  )
})

test('held mail stays held where whoever took it aside died', async () => {
  const { queue } = house.store
  const id = await submit('x@dead.test')
  await queue.hold({ queueIds: [id] })
  await queue.take({ queueIds: [id] }, { worker: 'cli', leaseSeconds: 0 })
  assert.deepEqual(idsOf(await claimOf('dead.test')), [])
  assert.deepEqual(
    (await queue.show(id)).map(({ state }) => state),
    ['held'],
  )
  await queue.drop({ queueIds: [id] })
})

test('two bounces for want of a mailbox suppress an address for a week; a success between them does not', async () => {
  const { queue, suppressions } = house.store
  const noMailbox = { code: 550, enhanced: '5.1.1', text: 'no such user' }
  const send = async (kind: 'delivered' | 'bounced', reply: object = {}) => {
    await submit('Nobody@strike.test')
    await end(await claimOf('strike.test'), kind, reply)
  }
  await send('bounced', noMailbox)
  await send('delivered')
  await send('bounced', noMailbox)
  await send('bounced', { code: 550, enhanced: '5.7.1', text: 'we do not like you' })
  assert.deepEqual(await suppressions.find(['nobody@strike.test']), [])
  await send('bounced', noMailbox)
  const [found] = await suppressions.find(['x@strike.test', 'NOBODY@strike.test'])
  assert.ok(found?.until !== undefined)
  assert.deepEqual([found.because, found.by], ['no such user', 'delivery'])
  assert.equal(Math.round((+found.until - +found.since) / 86_400_000), 7)

  const id = await submit(['nobody@strike.test', 'ada@strike.test'])
  const claim = await claimOf('strike.test')
  assert.deepEqual(
    [claim.messages, claim.suppressed].map((list) =>
      list.flatMap(({ recipients }) => recipients.map(({ address }) => address)),
    ),
    [['ada@strike.test'], ['nobody@strike.test']],
  )
  assert.equal(claim.suppressed[0]?.recipients[0]?.suppressed, 'no such user')
  await end(claim, 'bounced', { host: undefined, enhanced: '5.1.1', text: 'suppressed' })
  assert.deepEqual(
    (await queue.show(id)).map(({ state }) => state),
    ['bounced', 'bounced'],
  )

  const urgent = await submit('nobody@strike.test', {}, 'postmaster@example.test')
  const mail = await claimOf('strike.test')
  assert.deepEqual(idsOf(mail), [urgent])
  await end(mail, 'delivered')
  assert.deepEqual(await suppressions.find(['nobody@strike.test']), [])
})

test('an operator suppresses an address, for good or for a time, and ends it', async () => {
  const { suppressions } = house.store
  await suppressions.add('Eve@stop.test', { because: 'she asked' }, actor)
  await suppressions.add('old@stop.test', { because: 'x', until: new Date(0) }, actor)
  assert.deepEqual(
    (await suppressions.list()).map(({ address, because, until }) => [address, because, until]),
    [['Eve@stop.test', 'she asked', undefined]],
  )
  await submit('eve@stop.test')
  const claim = await claimOf('stop.test')
  assert.deepEqual([claim.messages.length, claim.suppressed.length], [0, 1])
  await end(claim, 'bounced', { host: undefined })
  assert.equal(await suppressions.remove('EVE@stop.test', actor), true)
  assert.equal(await suppressions.remove('eve@stop.test', actor), false)
  const actions = (await house.store.audit.list({ object: 'eve@stop.test' })).map((e) => e.action)
  assert.deepEqual(actions, ['suppression.removed', 'suppression.added'])
})

test('counts go by domain, sender, state, age, and by what was answered', async () => {
  const { queue } = house.store
  const id = await submit(['a@stats.test', 'b@stats.test', 'c@other-stats.test'])
  const reply = { code: 451, enhanced: '4.7.1', text: 'greylisted' }
  await end(await claimOf('stats.test'), 'deferred', reply)
  const first = async (by: Parameters<typeof queue.stats>[0]) => (await queue.stats(by))[0]
  assert.deepEqual(
    (await queue.stats('domain')).map(({ name, recipients }) => [name, recipients]),
    [
      ['stats.test', 2],
      ['other-stats.test', 1],
    ],
  )
  assert.equal((await first('sender'))?.name, 'ada@example.test')
  assert.equal((await first('state'))?.name, 'deferred')
  assert.equal((await first('age'))?.name, '10m')
  const error = await first('error')
  assert.deepEqual([error?.name, error?.reply?.text], ['451 4.7.1', 'greylisted'])
  assert.ok(error?.nextAt !== undefined && error.octets > 0 && error.oldestSeconds >= 0)
  await queue.drop({ queueIds: [id] })
  assert.deepEqual(await queue.stats('domain'), [])
})
