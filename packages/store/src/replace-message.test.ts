import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { computeFacts } from '@posthouse/message'
import { Client } from 'pg'
import type { AppendRequest } from './delivery.ts'
import { mailboxId, uid, type AccountId } from './ids.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { StoreUnavailable } from './unavailable.ts'
import {
  deliveryTo,
  idOf,
  messageNamed,
  openByName,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse({ stores: 2 })
})
after(() => house.close())

function requestOf(name: string, flags: readonly string[] = [], bodyBytes = 0): AppendRequest {
  const octets = messageNamed(name, bodyBytes)
  return { octets, facts: computeFacts(octets), flags }
}

async function subjectsIn(mailbox: OpenMailbox): Promise<readonly string[]> {
  await mailbox.refresh()
  const uids = Array.from({ length: mailbox.state.size }, (_, i) => mailbox.state.uidAt(i))
  const subjects: string[] = []
  for await (const { subject } of mailbox.facts(uids, ['subject'])) subjects.push(subject)
  return subjects
}

async function inboxWith(...names: readonly string[]): Promise<[AccountId, OpenMailbox]> {
  const account = await house.newAccount()
  for (const name of names) await house.store.deliver(deliveryTo(account, messageNamed(name)))
  return [account, await openByName(house.store, account, 'INBOX')]
}

test('a message takes the place of another in the same mailbox, under a new UID', async () => {
  const [account, inbox] = await inboxWith('a', 'b', 'c')
  const outcome = await inbox.replace(uid(2), inbox.mailbox, requestOf('b2', ['\\Draft', 'work']))
  assert.deepEqual(outcome, { ok: true, uidValidity: inbox.state.uidValidity, uid: 4 })
  assert.deepEqual(await subjectsIn(inbox), ['a', 'c', 'b2'])
  assert.deepEqual(inbox.flagNames(inbox.row(uid(4))?.flags ?? 0), ['\\Draft', 'work'])
  // Another process sees the same.
  const elsewhere = await openByName(house.households[1]?.store ?? house.store, account, 'INBOX')
  assert.deepEqual(await subjectsIn(elsewhere), ['a', 'c', 'b2'])
  elsewhere.close()
  inbox.close()
})

test('it may stand in another mailbox than the one that goes, however large', async () => {
  const [account, inbox] = await inboxWith('a', 'b')
  const request = requestOf('A', [], 600_000)
  const outcome = await inbox.replace(uid(1), await idOf(house.store, account, 'Sent'), request)
  assert.ok(outcome.ok)
  assert.deepEqual(await subjectsIn(inbox), ['b'])
  const sent = await openByName(house.store, account, 'Sent')
  assert.ok((await sent.octets(outcome.uid))?.equals(request.octets))
  sent.close()
  inbox.close()
})

test('what cannot be done changes nothing', async () => {
  const [account, inbox] = await inboxWith('a')
  const nowhere = await inbox.replace(uid(1), mailboxId(424_242), requestOf('A'))
  assert.deepEqual(nowhere, { ok: false, reason: 'nonexistent' })
  const gone = await inbox.replace(uid(9), inbox.mailbox, requestOf('A'))
  assert.deepEqual(gone, { ok: false, reason: 'gone' })
  const tooLong = requestOf('A', ['k'.repeat(300)])
  const words = await inbox.replace(uid(1), inbox.mailbox, tooLong)
  assert.deepEqual(words, { ok: false, reason: 'limit' })
  await house.store.quotas.set(account, { bytes: 10 })
  const size = inbox.row(uid(1))?.size ?? 0
  const larger = await inbox.replace(uid(1), inbox.mailbox, requestOf('A', [], 1600))
  assert.deepEqual(larger, { ok: false, reason: 'quota' })
  assert.deepEqual(await subjectsIn(inbox), ['a'])
  // What does not grow is no matter of quota.
  const same = requestOf('A')
  assert.ok(same.octets.length <= size)
  assert.ok((await inbox.replace(uid(1), inbox.mailbox, same)).ok)
  inbox.close()
})

test('two processes that replace the same message: one does, the other is told that it is gone', async () => {
  const [account, inbox] = await inboxWith('a')
  const other = await openByName(house.households[1]?.store ?? house.store, account, 'INBOX')
  const outcomes = await Promise.all([
    inbox.replace(uid(1), inbox.mailbox, requestOf('x')),
    other.replace(uid(1), other.mailbox, requestOf('y')),
  ])
  const made = outcomes.filter(({ ok }) => ok)
  const refused = outcomes.filter(({ ok }) => !ok)
  assert.equal(made.length, 1)
  assert.deepEqual(refused, [{ ok: false, reason: 'gone' }])
  assert.equal((await subjectsIn(inbox)).length, 1)
  other.close()
  inbox.close()
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

test('connections that are cut leave the old message or the new one, never both or none', async () => {
  const [account, inbox] = await inboxWith('v0')
  const archive = await idOf(house.store, account, 'Archive')
  const client = new Client({ connectionString: house.url })
  await client.connect()
  let standing = 'v0'
  for (let i = 1; i <= 24; i += 1) {
    const here = await patiently(() => subjectsIn(inbox))
    assert.deepEqual(here, [standing])
    const old = inbox.state.uidAt(0)
    const attempt = inbox.replace(old, inbox.mailbox, requestOf(`v${i}`))
    const cut = client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
    )
    const isAcknowledged = await attempt.then(
      ({ ok }) => ok,
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error
        return undefined
      },
    )
    await cut
    const [only, more] = await patiently(() => subjectsIn(inbox))
    assert.equal(more, undefined)
    assert.ok(only === standing || only === `v${i}`, only)
    if (isAcknowledged === true) assert.equal(only, `v${i}`)
    standing = only ?? ''
  }
  // The last one with nobody in the way.
  const last = inbox.state.uidAt(0)
  assert.ok((await patiently(() => inbox.replace(last, archive, requestOf('end')))).ok)
  assert.deepEqual(await patiently(() => subjectsIn(inbox)), [])
  await client.end()
  inbox.close()
})
