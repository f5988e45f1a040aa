import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { AccountId, MailboxId, Uid } from './ids.ts'
import { uid } from './ids.ts'
import { unnamed } from './statement.ts'
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
  house = await openMailboxHouse({ stores: 2, limits: { checkpointTouched: 40 } })
})
after(() => house.close())

/** Four messages, and where their mailbox is. */
async function fourMessages(): Promise<readonly [AccountId, MailboxId, readonly Uid[]]> {
  const account = await house.newAccount()
  for (const n of [1, 2, 3, 4]) {
    await house.store.deliver(deliveryTo(account, messageNamed(`m${n}`)))
  }
  return [account, await idOf(house.store, account, 'INBOX'), [1, 2, 3, 4].map(uid)]
}

/** Rows of the log that the checkpoint covers. */
async function covered(mailbox: MailboxId): Promise<number> {
  const [base] = await house.database.query(
    unnamed<{ readonly change_seq: number }>(
      `SELECT change_seq FROM mailbox_base WHERE mailbox_id = ${mailbox}`,
    ),
  )
  return base?.change_seq ?? 0
}

async function toggle(
  account: AccountId,
  uids: readonly Uid[],
  from: number,
  to: number,
  store = house.store,
): Promise<void> {
  const open = await openByName(store, account, 'INBOX')
  for (let i = from; i < to; i++) {
    await open.setFlags(uids, { op: i % 2 === 0 ? 'add' : 'remove', flags: ['\\Seen'] })
  }
  open.close()
}

async function untilCovered(mailbox: MailboxId): Promise<number> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const rows = await covered(mailbox)
    if (rows > 0) return rows
    assert.ok(performance.now() < deadline, 'no checkpoint was written')
    await pause(10)
  }
}

test('a few rows that name all messages are worth a checkpoint; as many that name one are not', async () => {
  const [account, wide, all] = await fourMessages()
  const [other, narrow] = await fourMessages()
  await toggle(other, [uid(2)], 0, 20)
  // Sixteen times all four.
  await toggle(account, all, 0, 15)
  assert.equal(await covered(wide), 0)
  await toggle(account, all, 15, 17)
  assert.ok((await untilCovered(wide)) >= 16)
  assert.equal(await covered(narrow), 0)
})

test('what another process wrote counts, read at the opening or later', async () => {
  const [account, inbox, all] = await fourMessages()
  const [, second] = house.households
  assert.ok(second)
  await toggle(account, all, 0, 10, second.store)
  const open = await openByName(house.store, account, 'INBOX')
  await toggle(account, all, 10, 15, second.store)
  await open.refresh()
  assert.equal(await covered(inbox), 0)
  await open.setFlags(all, { op: 'add', flags: ['\\Flagged'] })
  assert.ok((await untilCovered(inbox)) >= 16)
  open.close()
})
