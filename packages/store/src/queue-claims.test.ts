import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openQueueHouse, outcomes, report, sender, type QueueHouse } from './testing/queue-house.ts'

let house: QueueHouse

before(async () => {
  house = await openQueueHouse()
})
after(() => house.close())

test('workers that claim at the same time get every recipient once', async () => {
  const ids: string[] = []
  for (let i = 0; i < 20; i++) {
    ids.push(await house.submit(Array.from({ length: 10 }, (_, n) => `r${n}@race${n % 4}.test`)))
  }
  const other = await house.another()
  const queues = [house.store.queue, other.queue]
  const claims = await Promise.all(
    Array.from({ length: 24 }, (_, i) =>
      queues[i % 2]?.claim({
        worker: `w${i}`,
        destinations: 3,
        perDestination: 7,
        leaseSeconds: 600,
      }),
    ),
  )
  const last = await house.store.queue.claim({
    worker: 'last',
    destinations: 100,
    perDestination: 1_000,
    leaseSeconds: 600,
  })
  const taken = [...claims, last].flatMap((claim) =>
    (claim?.messages ?? []).flatMap(({ queueId, recipients }) =>
      recipients.map(({ n }) => `${queueId} ${n}`),
    ),
  )
  const ours = taken.filter((key) => ids.includes(key.split(' ')[0] ?? ''))
  assert.equal(ours.length, 200)
  assert.equal(new Set(ours).size, 200)
  for (const claim of [...claims, last]) {
    if (claim !== undefined)
      await house.store.queue.record(claim.token, outcomes(claim, 'delivered'))
  }
})

test('destinations that wait longest come first, none gets more than its share, excepted ones nothing', async () => {
  await house.submit(Array.from({ length: 30 }, (_, i) => `a${i}@flood.test`))
  await house.submit(['b@late.test'])
  await house.submit(['c@busy.test'])
  const { queue } = house.store
  const request = {
    worker: 'w',
    destinations: 2,
    perDestination: 5,
    except: ['busy.test'],
    leaseSeconds: 600,
  }
  const claim = await queue.claim(request)
  const shares = claim.messages.map(({ destination, recipients }) => [
    destination,
    recipients.length,
  ])
  assert.deepEqual(Object.fromEntries(shares), { 'flood.test': 5, 'late.test': 1 })
  await queue.record(claim.token, outcomes(claim, 'delivered'))
  const chosen = await queue.claim({ ...request, except: [], only: ['busy.test', 'none.test'] })
  assert.deepEqual(
    chosen.messages.map(({ destination }) => destination),
    ['busy.test'],
  )
  await queue.release(chosen.token)
  await queue.drop({ destination: 'flood.test' })
  await queue.drop({ destination: 'busy.test' })
  assert.deepEqual((await queue.claim({ ...request, except: [] })).messages, [])
})

test('a lease that ran out is taken over, and its first holder can record nothing any more', async () => {
  await house.account(sender)
  const id = await house.submit(['x@lease.test'])
  const first = await house.claimOnly(['lease.test'], 0)
  const second = await house.claimOnly(['lease.test'], 600)
  assert.equal(second.messages[0]?.recipients[0]?.wasAbandoned, true)
  assert.equal(second.messages[0]?.recipients[0]?.attempt, 2)
  const steps = await house.store.trace.find({ subject: { by: 'queue-id', id } })
  const [unknown] = steps.filter(({ kind }) => kind === 'unknown')
  assert.match(String(unknown?.details['text']), /may have arrived/)
  assert.equal(await house.store.queue.renew(first.token, 600), 0)
  assert.equal(await house.store.queue.release(first.token), 0)
  const account = await house.store.accounts.show(sender)
  assert.ok(account)
  const to = [{ account: account.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }]
  const bounce = report([{ queueId: id, n: 1 }], to)
  const late = await house.store.queue.record(first.token, outcomes(first, 'bounced'), [bounce])
  assert.deepEqual(late, { recorded: 0, lost: [{ queueId: id, n: 1 }] })
  assert.equal(await house.inbox(sender), 0)
  assert.deepEqual(await house.states(id), ['active'])
  assert.equal(await house.store.queue.renew(second.token, 600), 1)
  const done = await house.store.queue.record(second.token, outcomes(second, 'bounced'), [bounce])
  assert.equal(done.recorded, 1)
  assert.equal(await house.inbox(sender), 1)
  assert.deepEqual(await house.states(id), ['bounced'])
  const again = await house.store.queue.record(second.token, outcomes(second, 'bounced'), [bounce])
  assert.equal(again.lost.length, 1)
  assert.equal(await house.inbox(sender), 1)
})

test('what was not tried is given back without counting; what a dead worker held is freed and counted', async () => {
  const id = await house.submit(['x@back.test', 'y@back.test'])
  const claim = await house.claimOnly(['back.test'])
  assert.equal(await house.store.queue.release(claim.token, [{ queueId: id, n: 2 }]), 1)
  const items = await house.store.queue.show(id)
  assert.deepEqual(
    items.map(({ state, attempts }) => [state, attempts]),
    [
      ['active', 1],
      ['waiting', 0],
    ],
  )
  assert.ok((await house.store.queue.workers()).includes('w'))
  assert.equal(await house.store.queue.abandon('somebody else'), 0)
  assert.equal(await house.store.queue.abandon('w'), 1)
  const next = await house.claimOnly(['back.test'])
  assert.deepEqual(
    next.messages[0]?.recipients.map(({ attempt, wasAbandoned }) => [attempt, wasAbandoned]),
    [
      [2, true],
      [1, false],
    ],
  )
  await house.store.queue.record(next.token, outcomes(next, 'delivered'))
})

test('what was not tried can be given back for later, and still counts as not tried', async () => {
  const id = await house.submit(['x@patient.test'])
  const claim = await house.claimOnly(['patient.test'])
  const items = [{ queueId: id, n: 1 }]
  assert.equal(await house.store.queue.release(claim.token, items, 3_600), 1)
  assert.deepEqual((await house.claimOnly(['patient.test'])).messages, [])
  const [item] = await house.store.queue.show(id)
  assert.deepEqual([item?.state, item?.attempts], ['waiting', 0])
  assert.ok((item?.nextAt?.getTime() ?? 0) > Date.now() + 3_000_000)
  await house.store.queue.drop({ queueIds: [id] })
})

test('a worker is woken by a submission of another process, and told when something is due', async () => {
  const other = await house.another()
  const wakes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  let seen = 0
  const stop = other.queue.onWork(() => wakes[seen++]?.resolve())
  // The first call says that listening has begun.
  await wakes[0].promise
  // What ended while it was due is found to be over by the next claim.
  assert.deepEqual((await house.claimOnly(['wake.test'])).messages, [])
  assert.notEqual(await other.queue.nextDueMs(), 0)
  await house.submit(['x@wake.test'])
  await wakes[1].promise
  assert.equal(await other.queue.nextDueMs(), 0)
  stop()
  await house.store.queue.drop({ destination: 'wake.test' })
})
