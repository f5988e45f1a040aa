import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AccountId, MailboxId } from './ids.ts'
import { catchUpSearch, indexMailboxes, searchTasks, searchTasksAmong } from './search-catch-up.ts'
import { SearchKeeper } from './search-keeper.ts'
import { segmentPlaces } from './search-rows.ts'
import { silentLog } from './store-log.ts'
import {
  deliveryTo,
  idOf,
  messageNamed,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

const never = 2 ** 30
const eager = { everyMs: 10, sweepMs: never, busyMessages: never, patienceMs: 0 }

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse({ stores: 2 })
})
after(() => house.close())

async function filledInbox(count: number): Promise<[AccountId, MailboxId]> {
  const account = await house.newAccount()
  const names = Array.from({ length: count }, (_, n) => messageNamed(`k${n}`))
  await Promise.all(names.map((octets) => house.store.deliver(deliveryTo(account, octets))))
  return [account, await idOf(house.store, account, 'INBOX')]
}

async function messagesIndexed(account: AccountId, mailbox: MailboxId): Promise<number> {
  const places = await segmentPlaces(house.database, account, mailbox)
  return places.reduce((sum, { messages }) => sum + messages, 0)
}

async function untilIndexed(account: AccountId, mailbox: MailboxId, count: number): Promise<void> {
  const deadline = performance.now() + 300_000
  while ((await messagesIndexed(account, mailbox)) < count) {
    assert.ok(performance.now() < deadline, 'it is not indexed')
    await sleep(50)
  }
}

test('a thread indexes the mailboxes that this process wrote to', async () => {
  const [account, inbox] = await filledInbox(70)
  const keeper = new SearchKeeper(house.database, silentLog, eager)
  try {
    keeper.note(account, inbox)
    await untilIndexed(account, inbox, 70)
  } finally {
    await keeper.close()
  }
})

test('what nobody noted is found by the sweep', async () => {
  const [account, inbox] = await filledInbox(70)
  const keeper = new SearchKeeper(house.database, silentLog, { ...eager, sweepMs: 0 })
  try {
    await untilIndexed(account, inbox, 70)
  } finally {
    await keeper.close()
  }
})

test('what another process is at is left to it, and looked at again', async () => {
  const [account, inbox] = await filledInbox(70)
  const task = { account, mailbox: inbox }
  const [, other] = house.households
  assert.ok(other)
  const keeper = new SearchKeeper(house.database, silentLog, eager)
  const release = Promise.withResolvers<void>()
  const busy = other.database.bulk(async (client) => {
    await client.query(`SELECT pg_advisory_lock(hashtextextended('posthouse search', 0))`)
    await release.promise
    await client.query('SELECT pg_advisory_unlock_all()')
  })
  try {
    while ((await indexMailboxes(house.database, [task])) !== undefined) await sleep(10)
    keeper.note(account, inbox)
    release.resolve()
    await busy
    await untilIndexed(account, inbox, 70)
  } finally {
    release.resolve()
    await keeper.close()
  }
})

test('while much mail comes in the index waits, but not for ever', async () => {
  const [account, inbox] = await filledInbox(70)
  const busy = { ...eager, everyMs: 50, busyMessages: 1 }
  const keeper = new SearchKeeper(house.database, silentLog, { ...busy, patienceMs: never })
  const late = new SearchKeeper(house.database, silentLog, { ...busy, patienceMs: 1 })
  const stream = setInterval(() => keeper.note(account, inbox), 5)
  try {
    await sleep(1_000)
    assert.equal(await messagesIndexed(account, inbox), 0)
    clearInterval(stream)
    await untilIndexed(account, inbox, 70)
    const [next, other] = await filledInbox(70)
    const flood = setInterval(() => late.note(next, other), 5)
    await untilIndexed(next, other, 70).finally(() => clearInterval(flood))
  } finally {
    clearInterval(stream)
    await Promise.all([keeper.close(), late.close()])
  }
})

test('closing ends a thread at work', async () => {
  const [account, inbox] = await filledInbox(200)
  const keeper = new SearchKeeper(house.database, silentLog, { ...eager, everyMs: 1 })
  keeper.note(account, inbox)
  await sleep(20)
  await keeper.close()
  // Whatever was done is whole, and the rest can be done by anybody.
  await catchUpSearch(house.database)
  await untilIndexed(account, inbox, 200)
})

test('a mailbox is behind when enough of it is not indexed', async () => {
  const [account, inbox] = await filledInbox(64)
  const [few, small] = await filledInbox(63)
  const both = [
    { account, mailbox: inbox },
    { account: few, mailbox: small },
  ]
  assert.deepEqual(await searchTasksAmong(house.database, both), [{ account, mailbox: inbox }])
  await catchUpSearch(house.database)
  assert.deepEqual(await searchTasksAmong(house.database, both), [])
  assert.deepEqual(await searchTasks(house.database), [])
})

test('what waits is counted, and told mailbox by mailbox as it is done', async () => {
  await filledInbox(64)
  await filledInbox(70)
  assert.equal(await house.store.waitingForSearch(), 2)
  const told: (readonly [number, number])[] = []
  assert.equal(await house.store.indexForSearch((added, left) => told.push([added, left])), 134)
  assert.deepEqual(
    told.map(([, left]) => left),
    [1, 0],
  )
  assert.equal(told.at(-1)?.[0], 134)
  assert.equal(await house.store.waitingForSearch(), 0)
})
