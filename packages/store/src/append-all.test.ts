import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { computeFacts } from '@posthouse/message'
import { Client } from 'pg'
import type { AppendRequest } from './delivery.ts'
import { mailboxId } from './ids.ts'
import { StoreUnavailable } from './unavailable.ts'
import {
  idOf,
  messageNamed,
  openByName,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse()
})
after(() => house.close())

function requestOf(name: string, flags: readonly string[] = []): AppendRequest {
  const octets = messageNamed(name)
  return { octets, facts: computeFacts(octets), flags }
}

test('messages that are appended together stand in their order, each with its own flags', async () => {
  const account = await house.newAccount()
  const drafts = await idOf(house.store, account, 'Drafts')
  const requests = [requestOf('a', ['\\Seen']), requestOf('b'), requestOf('a', ['work'])]
  const made = await house.store.appendAll(account, drafts, requests)
  assert.ok(made.ok)
  assert.deepEqual(made.uids, [1, 2, 3])
  const open = await openByName(house.store, account, 'Drafts')
  assert.equal(open.state.uidValidity, made.uidValidity)
  const flags = made.uids.map((uid) => open.flagNames(open.row(uid)?.flags ?? 0))
  assert.deepEqual(flags, [['\\Seen'], [], ['work']])
  for (const [i, uid] of made.uids.entries()) {
    assert.ok((await open.octets(uid))?.equals(requests[i]?.octets ?? Buffer.alloc(0)))
  }
  open.close()
})

test('where one of them cannot be kept, none is', async () => {
  const account = await house.newAccount()
  const drafts = await idOf(house.store, account, 'Drafts')
  const keywords = Array.from({ length: 300 }, (_, i) => `word${i}`)
  const tooMany = [requestOf('a'), requestOf('b', keywords)]
  assert.deepEqual(await house.store.appendAll(account, drafts, tooMany), {
    ok: false,
    reason: 'limit',
  })
  const nowhere = await house.store.appendAll(account, mailboxId(424_242), [requestOf('a')])
  assert.deepEqual(nowhere, { ok: false, reason: 'nonexistent' })
  const open = await openByName(house.store, account, 'Drafts')
  assert.equal(open.state.size, 0)
  open.close()
})

test('a connection that is cut in between leaves all of them or none, and what is acknowledged is there', async () => {
  const account = await house.newAccount()
  const drafts = await idOf(house.store, account, 'Drafts')
  const client = new Client({ connectionString: house.url })
  await client.connect()
  let kept = 0
  let unknown = 0
  for (let i = 0; i < 20; i += 1) {
    const requests = [requestOf(`x${i}`), requestOf(`y${i}`), requestOf(`z${i}`)]
    const attempt = house.store.appendAll(account, drafts, requests)
    const cut = client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
    )
    try {
      assert.ok((await attempt).ok)
      kept += 1
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (error.outcome !== 'none') unknown += 1
    }
    await cut
  }
  await client.end()
  const open = await patiently(() => openByName(house.store, account, 'Drafts'))
  await patiently(() => open.refresh())
  const { size } = open.state
  assert.ok(
    size % 3 === 0 && size >= 3 * kept && size <= 3 * (kept + unknown),
    `${size} of ${kept}`,
  )
  open.close()
})

/** Runs the work until the store is there. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await pause(20)
    }
  }
}
