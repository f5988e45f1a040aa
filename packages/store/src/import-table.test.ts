import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { AccountId, MailboxId } from './ids.ts'
import type { ImportedMessage } from './imports.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let account: AccountId

before(async () => {
  house = await openStoreHouse()
  account = (await house.account('ada@example.test')).id
})
after(() => house.close())

const from = { source: 'ada@old.test:993', folder: 'Archive', uidValidity: 7 }

function messages(...uids: readonly number[]): readonly ImportedMessage[] {
  return uids.map((sourceUid) => {
    const octets = Buffer.from(`Subject: ${sourceUid}\r\n\r\nHello.\r\n`)
    const receivedAt = new Date('2020-02-02T02:02:02Z')
    return { sourceUid, octets, facts: computeFacts(octets), flags: ['\\Seen'], receivedAt }
  })
}

async function mailbox(name: string): Promise<MailboxId> {
  const mailboxes = house.store.mailboxes(account)
  const found = await mailboxes.find(name)
  if (found !== undefined) return found.id
  const made = await mailboxes.create(name)
  assert.ok(made.ok)
  return made.mailbox.id
}

test('what was brought over is known with the messages, and of one folder, source and UIDVALIDITY only', async () => {
  const { imports } = house.store
  const archive = await mailbox('Archive')
  assert.deepEqual(await imports.known(account, archive, from), [])
  const first = await imports.append(account, archive, from, messages(1, 2, 3))
  assert.ok(first.ok)
  const second = await imports.append(account, archive, from, messages(9))
  assert.ok(second.ok)
  assert.ok((second.uids[0] ?? 0) > (first.uids[2] ?? 0))
  assert.deepEqual(await imports.known(account, archive, from), [
    { start: 1, end: 4 },
    { start: 9, end: 10 },
  ])
  for (const other of [{ uidValidity: 8 }, { folder: 'Sent' }, { source: 'bob@old.test:993' }]) {
    assert.deepEqual(await imports.known(account, archive, { ...from, ...other }), [])
  }
  const open = await house.store.open(account, archive, { readOnly: true })
  assert.equal(open?.state.size, 4)
  open.close()
})

test('what could not be kept is not noted, and a mailbox that is gone has nothing', async () => {
  const { imports } = house.store
  const source = { ...from, folder: 'Old' }
  const old = await mailbox('Old')
  assert.ok((await imports.append(account, old, source, messages(1))).ok)
  const { store } = house
  const removed = await store.mailboxes(account).remove('Old')
  assert.ok(removed.ok)
  const refused = await imports.append(account, old, source, messages(2))
  assert.deepEqual(refused, { ok: false, reason: 'nonexistent' })
  assert.deepEqual(await imports.known(account, old, source), [{ start: 1, end: 2 }])
  const again = await mailbox('Old')
  assert.deepEqual(await imports.known(account, again, source), [])
  assert.ok((await imports.append(account, again, source, messages(2, 3))).ok)
  assert.deepEqual(await imports.known(account, again, source), [{ start: 2, end: 4 }])
})
