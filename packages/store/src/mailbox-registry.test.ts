import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { uid } from './ids.ts'
import { unnamed } from './statement.ts'
import {
  deliveryTo,
  messageNamed,
  openByName,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  // Whatever has no session is dropped as soon as a session leaves.
  house = await openMailboxHouse({ stores: 2, limits: { idleMailboxes: 0, pollMs: 200 } })
})
after(() => house.close())

test('a state that others let go of while a session is on its way to it is not dropped under it', async () => {
  const [first, second] = house.households
  assert.ok(first && second)
  const account = await house.newAccount()
  await first.store.deliver(deliveryTo(account, messageNamed('one')))
  const leaving = await openByName(first.store, account, 'INBOX')
  const id = leaving.mailbox
  // The one that comes reads what is newer, and has to wait while the one that is there leaves.
  let coming: Promise<Awaited<ReturnType<typeof openByName>> | undefined> | undefined
  await second.database.transact(async (tx) => {
    await tx.execute(unnamed('LOCK TABLE mailbox_head IN ACCESS EXCLUSIVE MODE'))
    coming = first.store.open(account, id, { readOnly: false })
    leaving.close()
    await pause(500)
  })
  const open = await coming
  assert.ok(open)
  const woken = new Promise<void>((resolve) => open.onChange(resolve))
  await second.store.deliver(deliveryTo(account, messageNamed('two')))
  const silence = pause(60_000, false, { ref: false })
  const isWoken = await Promise.race([woken.then(() => true), silence])
  assert.ok(isWoken, 'nobody told the session')
  assert.deepEqual(open.changes(), [{ kind: 'new', uids: [uid(2)] }])
  // A second session shares its state.
  const other = await openByName(first.store, account, 'INBOX')
  await other.setFlags([uid(2)], { op: 'add', flags: ['\\Seen'] })
  assert.deepEqual(
    open.changes().map(({ kind }) => kind),
    ['flags'],
  )
  other.close()
  open.close()
})
