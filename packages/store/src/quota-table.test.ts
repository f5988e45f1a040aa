import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { uid } from './ids.ts'
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
  house = await openMailboxHouse()
})
after(() => house.close())

const octets = messageNamed('counted', 1024)
const request = { octets, facts: computeFacts(octets), flags: [] }

test('an account without limits is never full, and its usage is exact', async () => {
  const account = await house.newAccount()
  const inbox = await openByName(house.store, account, 'INBOX')
  for (let i = 0; i < 3; i++) await inbox.append(request)
  await inbox.copy([uid(1)], await idOf(house.store, account, 'Archive'))
  await inbox.expunge([uid(2)])
  assert.deepEqual(await house.store.quotas.show(account), {
    bytes: { used: 3 * octets.length, limit: undefined },
    messages: { used: 3, limit: undefined },
  })
  assert.deepEqual(await house.store.quotas.full([account]), new Set())
  inbox.close()
})

test('APPEND and COPY stop at the limit, MOVE and EXPUNGE do not, and room comes back', async () => {
  const account = await house.newAccount()
  const inbox = await openByName(house.store, account, 'INBOX')
  const archive = await idOf(house.store, account, 'Archive')
  await house.store.quotas.set(account, { messages: 2 })
  assert.ok((await inbox.append(request)).ok)
  assert.ok((await inbox.copy([uid(1)], archive)).ok)
  assert.deepEqual(await inbox.append(request), { ok: false, reason: 'quota' })
  assert.deepEqual(await inbox.copy([uid(1)], archive), { ok: false, reason: 'quota' })
  assert.deepEqual([...(await house.store.quotas.full([account]))], [account])
  assert.ok((await inbox.move([uid(1)], archive)).ok)
  const target = await openByName(house.store, account, 'Archive')
  await target.expunge([uid(1)])
  assert.ok((await inbox.append(request)).ok)
  await house.store.quotas.set(account, { bytes: 3 * octets.length })
  assert.ok((await inbox.append(request)).ok)
  assert.deepEqual(await inbox.append(request), { ok: false, reason: 'quota' })
  await house.store.quotas.set(account, {})
  assert.ok((await inbox.append(request)).ok)
  inbox.close()
  target.close()
})

test('what was accepted at RCPT is delivered, even over the limit', async () => {
  const account = await house.newAccount()
  await house.store.quotas.set(account, { bytes: 10 })
  assert.equal((await house.store.quotas.full([account])).size, 0)
  const { copies } = await house.store.deliver(deliveryTo(account, octets))
  assert.equal(copies[0]?.kind, 'delivered')
  assert.equal((await house.store.quotas.full([account])).size, 1)
})

test('a deleted mailbox does not count', async () => {
  const account = await house.newAccount()
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('Heap')
  await house.store.deliver(deliveryTo(account, octets, { mailbox: 'Heap' }))
  await mailboxes.remove('Heap')
  assert.equal((await house.store.quotas.show(account)).messages.used, 0)
})
