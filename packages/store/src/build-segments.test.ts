import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { buildSegments } from './build-segments.ts'
import { checkSegments } from './check-segments.ts'
import { FactsReader } from './facts-reader.ts'
import { factColumns, type FactField } from './fact-columns.ts'
import { accountId, messageId, uid, type AccountId, type Uid } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import { loadState } from './load-state.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { purgeStep, purgeTasks } from './purge.ts'
import { partsWith } from './segment-codec.ts'
import { SegmentReader } from './segment-reader.ts'
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
  house = await openMailboxHouse()
})
after(() => house.close())

/** Eight messages to a segment, so that a few messages are many segments. */
const most = 8

async function filled(count: number): Promise<{ account: AccountId; inbox: OpenMailbox }> {
  const account = await house.newAccount()
  const all = Array.from({ length: count }, (_, i) => {
    return house.store.deliver(deliveryTo(account, messageNamed(`m${i}`)))
  })
  await Promise.all(all)
  const inbox = await openByName(house.store, account, 'INBOX')
  return { account, inbox }
}

async function build({ account, mailbox }: OpenMailbox): Promise<void> {
  await checkpointUnopened(house.database, account, mailbox)
  const loaded = await loadState(house.database, account, mailbox)
  assert.ok(loaded)
  await buildSegments(house.database, account, mailbox, loaded.state, most)
}

async function rangesOf({ account, mailbox }: OpenMailbox): Promise<readonly string[]> {
  const ranges = await new SegmentReader(house.database).directory(account, mailbox)
  return ranges.map(({ first, last, n }) => `${first}-${last} ${n}`)
}

function uidsOf({ state }: OpenMailbox): readonly Uid[] {
  return Array.from({ length: state.size }, (_, i) => state.uidAt(i))
}

/** Everything that is said of these messages by a reader that has seen nothing yet. */
async function factsOf(
  inbox: OpenMailbox,
  uids: readonly Uid[],
  fields: readonly FactField[],
): Promise<readonly unknown[]> {
  const wanted = uids.flatMap((one) => inbox.row(one) ?? [])
  const facts: unknown[] = []
  const reader = new FactsReader(house.database)
  for await (const one of reader.read(inbox.account, inbox.mailbox, wanted, fields)) {
    facts.push(one)
  }
  return facts
}

const allFields = Object.keys(factColumns).filter((name): name is FactField => name in factColumns)
/** Facts that segments have. */
const packedFields = allFields.filter((field) => partsWith([field]) !== undefined)

test('full ranges get segments, the range that still fills up gets none', async () => {
  const { inbox } = await filled(30)
  await build(inbox)
  assert.deepEqual(await rangesOf(inbox), ['1-8 8', '9-16 8', '17-23 7'])
  await build(inbox)
  assert.deepEqual(await rangesOf(inbox), ['1-8 8', '9-16 8', '17-23 7'])
  inbox.close()
})

test('facts out of segments are those of the rows, whatever is asked for in whatever order', async () => {
  const { inbox } = await filled(150)
  const uids = uidsOf(inbox)
  const rows = await factsOf(inbox, uids, packedFields)
  // Large ones this time: a segment is worth unpacking only where many of its messages are wanted.
  const loaded = await loadState(house.database, inbox.account, inbox.mailbox)
  assert.ok(loaded)
  await checkpointUnopened(house.database, inbox.account, inbox.mailbox)
  await buildSegments(house.database, inbox.account, inbox.mailbox, loaded.state, 70)
  assert.deepEqual(await rangesOf(inbox), ['1-70 70', '71-139 69'])
  assert.deepEqual(await factsOf(inbox, uids, packedFields), rows)
  assert.deepEqual(
    await factsOf(inbox, uids.toReversed(), ['envelope', 'parts']),
    (await factsOf(inbox, uids, ['envelope', 'parts'])).toReversed(),
  )
  assert.deepEqual(await checkSegments(house.database), [])
  // A row that is changed behind the segments' back shows which of them was asked.
  await house.database.execute(
    unnamed(`UPDATE message SET subject = 'other' WHERE account_id = $1::uuid`),
    [inbox.account],
  )
  const subjects = await factsOf(inbox, uids, ['subject'])
  assert.deepEqual(subjects.at(0), { uid: 1, subject: 'm0' })
  assert.deepEqual(subjects.at(-1), { uid: 150, subject: 'other' })
  const findings = await checkSegments(house.database)
  assert.deepEqual(
    findings.map(({ invariant }) => invariant),
    ['I10', 'I10'],
  )
  await house.database.execute(unnamed(`DELETE FROM mailbox_segment WHERE account_id = $1::uuid`), [
    inbox.account,
  ])
  inbox.close()
})

test('another account, another message under the same UID: a segment says nothing of it', async () => {
  const { inbox } = await filled(20)
  await build(inbox)
  const reader = new FactsReader(house.database)
  const strangers = [{ uid: uid(1), messageId: messageId(1) }]
  for await (const one of reader.read(inbox.account, inbox.mailbox, strangers, ['subject'])) {
    assert.fail(`there is no such message: ${String(one.uid)}`)
  }
  const other = accountId('00000000-0000-7000-8000-000000000000')
  const segments = new SegmentReader(house.database)
  assert.deepEqual(await segments.directory(other, inbox.mailbox), [])
  assert.equal(await segments.part(other, inbox.mailbox, 1, 'search'), undefined)
  inbox.close()
})

test('what is purged is in no segment; the rest is packed anew, neighbours together', async () => {
  const { account, inbox } = await filled(33)
  await build(inbox)
  await inbox.expunge([2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 30].map(uid))
  await build(inbox)
  // Expunged mail may come back: its facts stay until it is purged.
  assert.deepEqual(await rangesOf(inbox), ['1-8 8', '9-16 8', '17-24 8', '25-31 7'])
  for (const task of await purgeTasks(house.database, 0, 0)) {
    if (task.account === account) while (await purgeStep(house.database, task, 0, 0));
  }
  assert.deepEqual(await rangesOf(inbox), ['17-24 8'])
  assert.deepEqual(await checkSegments(house.database), [])
  await build(inbox)
  assert.deepEqual(await rangesOf(inbox), ['1-16 6', '17-24 8', '25-31 6'])
  inbox.close()
})

test('a mailbox that is deleted and purged leaves no segment', async () => {
  const { account, inbox } = await filled(20)
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('Old')
  const old = await mailboxes.find('Old')
  assert.ok(old)
  await inbox.move(uidsOf(inbox), old.id)
  const opened = await openByName(house.store, account, 'Old')
  await build(opened)
  assert.equal((await rangesOf(opened)).length, 2)
  await mailboxes.remove('Old')
  for (const task of await purgeTasks(house.database, 0, 0)) {
    if (task.account === account) while (await purgeStep(house.database, task, 0, 0));
  }
  assert.deepEqual(await rangesOf(opened), [])
  opened.close()
  inbox.close()
})

test('unpacked parts are kept within their bound, and one that is asked for by many is read once', async () => {
  const { inbox } = await filled(64)
  await build(inbox)
  const { account, mailbox } = inbox
  const [first] = await new SegmentReader(house.database).directory(account, mailbox)
  assert.ok(first)
  const whole = await new SegmentReader(house.database).part(account, mailbox, 1, 'search')
  assert.ok(whole)
  const limits = { unpackedBytes: whole.bytes * 3, directoryMs: 1_000, directories: 2 }
  const small = new SegmentReader(house.database, limits)
  const together = [1, 1, 1].map(() => small.part(account, mailbox, 1, 'search'))
  const [one, two, three] = await Promise.all(together)
  assert.ok(one !== undefined && one === two && two === three)
  for (const range of await small.directory(account, mailbox)) {
    for (const part of ['structure', 'header', 'search'] as const) {
      assert.ok(await small.part(account, mailbox, range.first, part))
      assert.ok(small.keptBytes <= limits.unpackedBytes)
    }
  }
  inbox.close()
})
