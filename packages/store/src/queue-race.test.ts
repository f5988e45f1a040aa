import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Claim, Queue } from './queue.ts'
import type { Store } from './store.ts'
import { unnamed } from './statement.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'
import { randomFrom, type Random } from './testing/random.ts'

const isLong = process.env['POSTHOUSE_TEST_LONG'] === '1'
const rounds = isLong ? 3_000 : 60
const domains = Array.from({ length: 6 }, (_, n) => `race${n}.test`)

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

/** Claims something and ends it in one of the ways there are. */
async function work(queue: Queue, below: Random, name: string): Promise<void> {
  const claim = await queue.claim({
    worker: name,
    destinations: 1 + below(4),
    perDestination: 1 + below(5),
    leaseSeconds: below(3),
  })
  const items = itemsOf(claim)
  const way = below(5)
  if (way === 0) await queue.release(claim.token, items, below(2))
  else if (way === 1) await queue.abandon(name)
  else if (way > 2) {
    const kind = way === 3 ? 'delivered' : 'deferred'
    const outcomes = items.map(
      (item) => ({ ...item, kind, reply, retryInSeconds: below(2) }) as const,
    )
    await queue.record(claim.token, outcomes)
  }
}

const reply = { host: 'mx', code: 250, enhanced: undefined, text: 'said' }

function itemsOf({ messages }: Claim): readonly { readonly queueId: string; readonly n: number }[] {
  return messages.flatMap(({ queueId, recipients }) => recipients.map(({ n }) => ({ queueId, n })))
}

/** Claims and delivers, as long as there is anything. */
async function finish(queue: Queue): Promise<void> {
  const request = { worker: 'last', destinations: 3, perDestination: 50, leaseSeconds: 60 }
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const claim = await queue.claim(request)
    const items = itemsOf(claim)
    await queue.record(
      claim.token,
      items.map((item) => ({ ...item, kind: 'delivered', reply }) as const),
    )
    if (items.length === 0 && (await queue.list()).length === 0) return
  }
}

/** What an operator does meanwhile. */
async function command(queue: Queue, below: Random): Promise<void> {
  const destination = domains[below(domains.length)] ?? ''
  const ways = [
    () => queue.retry({}),
    () => queue.hold({ destination }),
    () => queue.unhold({}),
    () => queue.pause(destination, { because: 'x', until: new Date(Date.now() + 50) }, actor),
    () => queue.resume(destination, actor),
  ]
  await ways[below(ways.length)]?.()
}

async function actAs(store: Store, seed: number): Promise<number> {
  const below = randomFrom(seed)
  let submitted = 0
  for (let round = 0; round < rounds; round++) {
    const what = below(10)
    if (what < 4) {
      const to = Array.from({ length: 1 + below(3) }, (_, n) => {
        return `r${seed}-${round}-${n}@${domains[below(domains.length)] ?? ''}`
      })
      const releaseAt = below(4) === 0 ? { releaseAt: new Date(Date.now() + below(200)) } : {}
      await store.deliver(outboundDelivery('ada@example.test', to, `${seed} ${round}`, releaseAt))
      submitted += to.length
    } else if (what < 9) await work(store.queue, below, `w${seed}`)
    else await command(store.queue, below)
  }
  return submitted
}

test('however workers, senders and operators meet, nothing that is due is overlooked', async (t) => {
  const seed = Number(process.env['POSTHOUSE_SEED'] ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed}`)
  const stores = await Promise.all([1, 2, 3, 4].map(() => house.another()))
  const counts = await Promise.all(stores.map((store, n) => actAs(store, seed + n)))
  assert.deepEqual(await house.store.check(), [], `seed ${seed}`)
  const { queue } = house.store
  for (const domain of domains) await queue.resume(domain, actor)
  await queue.unhold({})
  // Leases are over, releases past: a worker alone finds all of it without help.
  await finish(queue)
  assert.deepEqual(await queue.list(), [], `seed ${seed}`)
  t.diagnostic(`${counts.reduce((sum, count) => sum + count, 0)} recipients`)
})

test('a destination that says it is due too late is found by the check, and mended', async () => {
  await house.store.deliver(outboundDelivery('ada@example.test', ['x@mend.test']))
  const late = `UPDATE queue_destination SET due_at = now() + interval '1 day' WHERE destination = 'mend.test'`
  await house.database.execute(unnamed(late))
  assert.deepEqual(
    (await house.store.check()).map(({ invariant, text }) => [invariant, text]),
    [['Q6', 'destination mend.test is due later than its recipients']],
  )
  const mended = await house.store.mend()
  assert.deepEqual(
    mended.map(({ because }) => because),
    [undefined],
  )
  assert.equal(await house.store.queue.nextDueMs(), 0)
  await house.store.queue.drop({})
})
