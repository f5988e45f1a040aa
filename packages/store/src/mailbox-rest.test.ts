import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { checkpointUnopened } from './keeper.ts'
import { uid, type AccountId } from './ids.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import {
  closeHousehold,
  deliveryTo,
  messageNamed,
  openByName,
  openHousehold,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse({ limits: { restMs: 3_600_000, pollMs: 3_600_000 } })
})
after(() => house.close())

async function deliver(account: AccountId, from: number, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, i) => {
    return house.store.deliver(deliveryTo(account, messageNamed(`r${from + i}`)))
  })
  await Promise.all(all)
}

/** The first call forgets that they were wanted, the second puts them to rest. */
async function rest(): Promise<void> {
  await house.store.rest()
  await house.store.rest()
}

function flagsOf(inbox: OpenMailbox): readonly number[] {
  return Array.from({ length: inbox.state.size }, (_, i) => inbox.state.flagsAt(i))
}

test('idle sessions hear of new mail while their mailbox rests; a change of flags wakes it', async () => {
  const account = await house.newAccount()
  await deliver(account, 0, 40)
  const idler = await openByName(house.store, account, 'INBOX')
  const other = openHousehold(house.url)
  const elsewhere = await openByName(other.store, account, 'INBOX')
  await rest()
  assert.equal(house.store.heldBytes.awake, 0)
  await deliver(account, 40, 1)
  await idler.refresh()
  assert.deepEqual(idler.changes(), [{ kind: 'new', uids: [41] }])
  assert.equal(idler.state.size, 41)
  assert.equal(house.store.heldBytes.awake, 0)
  await elsewhere.refresh()
  await elsewhere.setFlags([uid(2)], { op: 'add', flags: ['\\Seen'] })
  await idler.refresh()
  assert.deepEqual(
    idler.changes().map(({ kind }) => kind),
    ['flags'],
  )
  assert.ok(house.store.heldBytes.awake > 0)
  await rest()
  await elsewhere.expunge([uid(3)])
  await idler.refresh()
  assert.deepEqual(
    idler.changes().map(({ kind }) => kind),
    ['expunged'],
  )
  elsewhere.close()
  idler.close()
  await closeHousehold(other)
})

test('what changed before a rest is in the next checkpoint, and writes wake by themselves', async () => {
  const account = await house.newAccount()
  await deliver(account, 0, 30)
  const inbox = await openByName(house.store, account, 'INBOX')
  await checkpointUnopened(house.database, account, inbox.mailbox)
  await inbox.setFlags([uid(5), uid(6)], { op: 'add', flags: ['\\Flagged', 'late'] })
  await rest()
  await inbox.setFlags([uid(7)], { op: 'add', flags: ['\\Flagged'] })
  await rest()
  const expected = flagsOf(inbox)
  await checkpointUnopened(house.database, account, inbox.mailbox)
  const other = openHousehold(house.url)
  const again = await openByName(other.store, account, 'INBOX')
  assert.deepEqual(flagsOf(again), expected)
  again.close()
  inbox.close()
  await closeHousehold(other)
})

test('memory is bounded in octets: too much awake is put to rest, too much without sessions is dropped', async () => {
  const limits = { awakeBytes: 20_000, idleBytes: 6_000, restMs: 3_600_000, pollMs: 3_600_000 }
  const household = openHousehold(house.url, limits)
  const { store } = household
  const accounts: AccountId[] = []
  for (let i = 0; i < 12; i++) accounts.push(await house.newAccount())
  await Promise.all(accounts.map((account) => deliver(account, 0, 100)))
  const sessions: OpenMailbox[] = []
  for (const account of accounts) sessions.push(await openByName(store, account, 'INBOX'))
  // The first may be one that began before the last was opened.
  await store.rest()
  await store.rest()
  assert.ok(store.heldBytes.awake <= limits.awakeBytes)
  const all = store.heldBytes
  assert.ok(all.resting > 0)
  for (const [i, session] of sessions.entries()) {
    if (i < 4) assert.deepEqual(flagsOf(session).length, 100)
    session.close()
  }
  // Dropping waits for a moment, for others that leave.
  const deadline = Date.now() + 30_000
  while (store.heldBytes.awake + store.heldBytes.resting > limits.idleBytes) {
    assert.ok(Date.now() < deadline, 'nothing is dropped')
    await pause(10)
  }
  const [first] = accounts
  assert.ok(first)
  const again = await openByName(store, first, 'INBOX')
  assert.equal(again.state.size, 100)
  again.close()
  await closeHousehold(household)
})
