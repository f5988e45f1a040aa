import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { FilterTrainingTable } from './filter-training-table.ts'
import { uid, type AccountId } from './ids.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { unnamed } from './statement.ts'
import {
  deliveryTo,
  idOf,
  messageNamed,
  openByName,
  openMailboxHouse,
} from './testing/mailbox-house.ts'
import type { MailboxHouse } from './testing/mailbox-house.ts'

let house: MailboxHouse
let training: FilterTrainingTable
before(async () => {
  house = await openMailboxHouse()
  training = new FilterTrainingTable(house.database, house.store.contents)
})
after(() => house.close())

/** An account with messages `m1` to `m3` in INBOX. */
async function reader(): Promise<{ account: AccountId; inbox: OpenMailbox }> {
  const account = await house.newAccount()
  for (const n of [1, 2, 3]) await house.store.deliver(deliveryTo(account, messageNamed(`m${n}`)))
  return { account, inbox: await openByName(house.store, account, 'INBOX') }
}

/** What waits to be learnt from, and takes it: `spam m1`. */
async function taken(): Promise<readonly string[]> {
  const jobs = await training.claim(100)
  for (const job of jobs) await training.done(job)
  return jobs
    .map(({ isSpam, octets }) => `${isSpam ? 'spam' : 'ham'} ${/m\d/.exec(octets.toString())?.[0]}`)
    .toSorted()
}

test('what is moved or copied into Junk is spam, and what comes out of it is not', async () => {
  const { account, inbox } = await reader()
  const junk = await idOf(house.store, account, 'Junk')
  const archive = await idOf(house.store, account, 'Archive')
  await inbox.move([uid(1)], junk)
  await inbox.copy([uid(2)], junk)
  await inbox.move([uid(3)], archive)
  assert.deepEqual(await taken(), ['spam m1', 'spam m2'])
  const opened = await openByName(house.store, account, 'Junk')
  await opened.move([uid(1)], inbox.mailbox)
  assert.deepEqual(await taken(), ['ham m1'])
  opened.close()
  inbox.close()
})

test('what goes from Junk into Trash is no word for it', async () => {
  const { account, inbox } = await reader()
  await inbox.move([uid(1)], await idOf(house.store, account, 'Junk'))
  await taken()
  const junk = await openByName(house.store, account, 'Junk')
  await junk.move([uid(1)], await idOf(house.store, account, 'Trash'))
  assert.deepEqual(await taken(), [])
  junk.close()
  inbox.close()
})

test('the keywords that clients set teach as well, taken away they do not', async () => {
  const { inbox } = await reader()
  await inbox.setFlags([uid(1)], { op: 'add', flags: ['$Junk'] })
  await inbox.setFlags([uid(2)], { op: 'add', flags: ['NonJunk'] })
  await inbox.setFlags([uid(3)], { op: 'add', flags: ['$Label1'] })
  await settled(2)
  assert.deepEqual(await taken(), ['ham m2', 'spam m1'])
  await inbox.setFlags([uid(1)], { op: 'remove', flags: ['$Junk'] })
  await inbox.setFlags([uid(1)], { op: 'add', flags: ['$NotJunk'] })
  await settled(1)
  assert.deepEqual(await taken(), ['ham m1'])
  inbox.close()
})

test('a second thought takes the place of the first, and outlives work on it', async () => {
  const { account, inbox } = await reader()
  await inbox.move([uid(1)], await idOf(house.store, account, 'Junk'))
  const [first] = await training.claim(10)
  assert.ok(first)
  assert.deepEqual(await training.claim(10), [], 'while it is worked on, nobody else gets it')
  await training.ask(account, [first.messageId], false)
  await training.done(first)
  assert.deepEqual(await taken(), ['ham m1'])
  inbox.close()
})

test('a job that nobody finishes comes back, and is given up after five times', async () => {
  const { account, inbox } = await reader()
  await inbox.move([uid(1)], await idOf(house.store, account, 'Junk'))
  for (let attempt = 1; attempt <= 5; attempt++) {
    assert.equal((await training.claim(10)).length, 1, `attempt ${attempt}`)
    await house.database.execute(unnamed('UPDATE filter_training SET due = now()'))
  }
  assert.equal((await training.claim(10)).length, 0)
  await house.database.execute(unnamed('UPDATE filter_training SET due = now()'))
  assert.equal((await training.claim(10)).length, 0)
  inbox.close()
})

/** Keywords are noted beside the answer: waits until so many jobs are there. */
async function settled(count: number): Promise<void> {
  const ready = unnamed<readonly [number]>('SELECT count(*)::int FROM filter_training', 'array')
  for (let n = 0; n < 600; n++) {
    const [row] = await house.database.query(ready)
    if (row?.[0] === count) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('nothing was noted')
}
