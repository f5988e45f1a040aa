import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { collectContents } from './collect-contents.ts'
import { sha256 } from './content.ts'
import { uid, type AccountId, type MailboxId } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import { loadState } from './load-state.ts'
import { purgeStep, purgeTasks } from './purge.ts'
import { statement, tupleStatement } from './statement.ts'
import {
  closeHousehold,
  deliveryTo,
  idOf,
  messageNamed,
  openByName,
  openHousehold,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'
import { trimLog } from './trim.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse({ stores: 2 })
})
after(() => house.close())

const countStatement = (table: string) =>
  tupleStatement<readonly [number]>(
    `test_count_${table}`,
    `SELECT count(*) FROM ${table} WHERE account_id = $1::uuid`,
  )

async function rowsOf(account: AccountId, table: string): Promise<number> {
  const [row] = await house.database.query(countStatement(table), [account])
  return row?.[0] ?? -1
}

/** Erases everything that is due at this retention. */
async function purgeAll(seconds: number): Promise<void> {
  for (const task of await purgeTasks(house.database, seconds, seconds)) {
    while (await purgeStep(house.database, task, seconds, seconds)) continue
  }
}

async function trimAll(account: AccountId, mailbox: MailboxId): Promise<void> {
  while (await trimLog(house.database, account, mailbox, 0)) continue
}

async function filledInbox(count: number) {
  const account = await house.newAccount()
  for (let i = 1; i <= count; i++) {
    await house.store.deliver(deliveryTo(account, messageNamed(`r${i}-${account}`)))
  }
  return { account, inbox: await openByName(house.store, account, 'INBOX') }
}

test('a mailbox opens the same from its log, from pages, and from pages after the log is trimmed', async () => {
  const { account, inbox } = await filledInbox(20)
  for (let i = 1; i <= 20; i += 3) {
    await inbox.setFlags([uid(i)], { op: 'add', flags: ['\\Seen', `k${i % 4}`] })
  }
  await inbox.expunge([uid(4), uid(5)])
  const { mailbox } = inbox
  const read = async () => (await loadState(house.database, account, mailbox))?.state.slice()
  const fromLog = await read()
  await checkpointUnopened(house.database, account, mailbox)
  assert.deepEqual(await read(), fromLog)
  await inbox.setFlags([uid(7)], { op: 'set', flags: ['\\Deleted'] })
  const withTail = await read()
  await checkpointUnopened(house.database, account, mailbox)
  assert.deepEqual(await read(), withTail)
  await trimAll(account, mailbox)
  assert.equal(await rowsOf(account, 'mailbox_log'), 1, 'the expunge stays')
  assert.deepEqual(await read(), withTail)
  inbox.close()
})

test('a process that slept through checkpoint and trim opens anew, and tells its sessions everything', async () => {
  const { account, inbox } = await filledInbox(6)
  const other = house.households[1]
  assert.ok(other)
  const sleeper = await openByName(other.store, account, 'INBOX')
  // The sleeper's process hears nothing: its connections are its own affair, so we change and trim at once.
  await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Flagged'] })
  await inbox.expunge([uid(2)])
  await inbox.setFlags([uid(3)], { op: 'add', flags: ['\\Seen'] })
  await checkpointUnopened(house.database, account, inbox.mailbox)
  await trimAll(account, inbox.mailbox)
  await sleeper.refresh()
  const told = sleeper.changes().map((change) => {
    return change.kind === 'new' ? 'new' : `${change.kind} ${change.uid}`
  })
  assert.deepEqual(told.toSorted(), ['expunged 2', 'flags 1', 'flags 3'])
  sleeper.close()
  inbox.close()
})

test('expunged messages stay for the retention and are erased after it', async () => {
  const { account, inbox } = await filledInbox(5)
  await inbox.copy([uid(1)], await idOf(house.store, account, 'Archive'))
  const early = inbox.state.highestModSeq
  await inbox.expunge([uid(1), uid(2)])
  const late = inbox.state.highestModSeq
  assert.deepEqual(await inbox.vanishedSince(early), [1, 2])
  assert.deepEqual(await inbox.vanishedSince(late), [])
  await purgeAll(3600)
  assert.equal(await rowsOf(account, 'message'), 5, 'nothing is an hour old')
  await purgeAll(0)
  assert.equal(await rowsOf(account, 'entry'), 6, 'nothing is covered by a checkpoint')
  await checkpointUnopened(house.database, account, inbox.mailbox)
  await purgeAll(0)
  assert.equal(await rowsOf(account, 'entry'), 4)
  assert.equal(await rowsOf(account, 'message'), 4, 'the copied one still stands in Archive')
  assert.equal(await rowsOf(account, 'mailbox_log'), 0)
  assert.equal(await inbox.vanishedSince(early), undefined, 'forgotten')
  assert.deepEqual(await inbox.vanishedSince(late), [])
  await inbox.refresh()
  assert.equal(inbox.state.size, 3)
  await inbox.setFlags([uid(3)], { op: 'add', flags: ['\\Seen'] })
  inbox.close()
})

test('a deleted mailbox is erased after its retention, with what it alone held', async () => {
  const { account, inbox } = await filledInbox(3)
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('Gone')
  await inbox.copy([uid(1), uid(2)], await idOf(house.store, account, 'Gone'))
  const only = messageNamed('only here')
  await house.store.deliver(deliveryTo(account, only, { mailbox: 'Gone' }))
  await mailboxes.remove('Gone')
  await purgeAll(3600)
  assert.equal(await rowsOf(account, 'message'), 4)
  await purgeAll(0)
  assert.equal(await rowsOf(account, 'message'), 3)
  assert.equal(await rowsOf(account, 'mailbox_head'), 6)
  assert.ok((await inbox.octets(uid(1)))?.includes('Subject: r1'))
  inbox.close()
})

test('a mailbox that came back after its purge was planned keeps everything', async () => {
  const { account, inbox } = await filledInbox(2)
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('Back')
  const id = await idOf(house.store, account, 'Back')
  await inbox.copy([uid(1), uid(2)], id)
  await mailboxes.remove('Back')
  const planned = await purgeTasks(house.database, 0, 0)
  assert.deepEqual(await mailboxes.restore(id), { ok: true })
  for (const task of planned) {
    if (task.account === account) await purgeStep(house.database, task, 0, 0)
  }
  const back = await openByName(house.store, account, 'Back')
  assert.equal(back.state.size, 2)
  assert.ok((await back.octets(uid(2)))?.includes('Subject: r2'))
  back.close()
  inbox.close()
})

test('a mailbox whose purge has begun does not come back', async () => {
  const { account, inbox } = await filledInbox(40)
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('Half')
  const id = await idOf(house.store, account, 'Half')
  const all = Array.from({ length: 40 }, (_, i) => uid(i + 1))
  for (let i = 0; i < 26; i++) await inbox.copy(all, id)
  await mailboxes.remove('Half')
  const task = { account, mailbox: id, kind: 'deleted' } as const
  assert.equal(await purgeStep(house.database, task, 0, 0), true, 'it takes more than one step')
  assert.deepEqual(await mailboxes.deleted(), [])
  assert.deepEqual(await mailboxes.restore(id), { ok: false, reason: 'nonexistent' })
  const due = await purgeTasks(house.database)
  assert.ok(
    due.some(({ mailbox }) => mailbox === id),
    'it is gone on with, whatever the retention',
  )
  assert.equal(await purgeStep(house.database, task), false)
  assert.equal(await rowsOf(account, 'entry'), 40)
  inbox.close()
})

test('undelete gives new UIDs, the old flags, and everything once', async () => {
  const { account, inbox } = await filledInbox(4)
  const mailboxes = house.store.mailboxes(account)
  await inbox.setFlags([uid(2)], { op: 'add', flags: ['\\Flagged', 'kept'] })
  const since = new Date(Date.now() - 3_600_000)
  await inbox.expunge([uid(2), uid(3)])
  await inbox.move([uid(4)], await idOf(house.store, account, 'Archive'))
  inbox.changes()
  assert.deepEqual(await mailboxes.undelete(inbox.mailbox, { since }), { ok: true, restored: 2 })
  await inbox.refresh()
  assert.deepEqual(inbox.changes(), [{ kind: 'new', uids: [5, 6] }])
  assert.deepEqual(inbox.flagNames(inbox.row(uid(5))?.flags ?? 0), ['\\Flagged', 'kept'])
  assert.deepEqual(await mailboxes.undelete(inbox.mailbox, { since }), { ok: true, restored: 0 })
  await inbox.expunge([uid(5)])
  assert.deepEqual(await mailboxes.undelete(inbox.mailbox, { since }), { ok: true, restored: 1 })
  const later = new Date(Date.now() + 3_600_000)
  await inbox.expunge([uid(6)])
  assert.deepEqual(await mailboxes.undelete(inbox.mailbox, { since: later }), {
    ok: true,
    restored: 0,
  })
  const stranger = house.store.mailboxes(await house.newAccount())
  assert.deepEqual(await stranger.undelete(inbox.mailbox, { since }), {
    ok: false,
    reason: 'nonexistent',
  })
  inbox.close()
})

test('what is purged does not come back', async () => {
  const { account, inbox } = await filledInbox(2)
  await inbox.expunge([uid(1)])
  await checkpointUnopened(house.database, account, inbox.mailbox)
  await purgeAll(0)
  const since = new Date(0)
  assert.deepEqual(await house.store.mailboxes(account).undelete(inbox.mailbox, { since }), {
    ok: true,
    restored: 0,
  })
  inbox.close()
})

test('a deleted mailbox comes back as it was, under a free name', async () => {
  const { account, inbox } = await filledInbox(2)
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('A/B')
  await inbox.copy([uid(1), uid(2)], await idOf(house.store, account, 'A/B'))
  await mailboxes.remove('A/B')
  await mailboxes.remove('A')
  await mailboxes.create('Taken')
  const [first, second] = await mailboxes.deleted()
  assert.ok(first && second)
  assert.deepEqual([first.name, second.name, second.messages], ['A', 'A/B', 2])
  assert.deepEqual(await mailboxes.restore(second.id, 'Taken'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.restore(second.id), { ok: true })
  assert.deepEqual(await mailboxes.restore(second.id, 'X'), { ok: false, reason: 'nonexistent' })
  const back = await openByName(house.store, account, 'A/B')
  assert.equal(back.state.size, 2)
  await house.store.deliver(deliveryTo(account, messageNamed('into it'), { mailbox: 'A/B' }))
  await back.refresh()
  assert.equal(back.state.size, 3)
  assert.ok(await mailboxes.find('A'), 'the parent is made anew')
  back.close()
  inbox.close()
})

test('content is collected when nothing refers to it and it is old enough', async () => {
  const { account, inbox } = await filledInbox(1)
  const octets = Buffer.concat([messageNamed('large'), randomBytes(300_000)])
  await house.store.deliver(deliveryTo(account, octets))
  await inbox.refresh()
  const hash = await sha256(octets)
  const slice = hash[0] ?? 0
  await inbox.expunge([uid(2)])
  await checkpointUnopened(house.database, account, inbox.mailbox)
  assert.equal(await collectContents(house.database, slice, 0), 0, 'the message is still there')
  await purgeAll(0)
  assert.equal(await collectContents(house.database, slice), 0, 'too young')
  assert.ok((await collectContents(house.database, slice, 0)) > 0)
  await house.store.deliver(deliveryTo(account, octets))
  await inbox.refresh()
  assert.ok((await inbox.octets(uid(3)))?.includes(octets))
  inbox.close()
})

/** Pretends that every content was last referred to two days ago. */
const ageStatement = statement(
  'test_age',
  `UPDATE content SET last_ref = now() - interval '2 days'`,
)

test('a new reference to content that is about to go keeps it', async () => {
  const accounts = await Promise.all(Array.from({ length: 4 }, () => house.newAccount()))
  const extra = openHousehold(house.url)
  const octets = Array.from({ length: 12 }, (_, i) => messageNamed(`revived${i}`, 512))
  // Contents without messages, as a purge leaves them.
  for (const one of octets) {
    const [account] = accounts
    assert.ok(account)
    await house.store.deliver(deliveryTo(account, one))
    const inbox = await openByName(house.store, account, 'INBOX')
    await inbox.expunge(Array.from({ length: inbox.state.size }, (_, i) => inbox.state.uidAt(i)))
    await checkpointUnopened(house.database, account, inbox.mailbox)
    inbox.close()
  }
  await purgeAll(0)
  const over = new AbortController()
  const collect = async (): Promise<void> => {
    while (!over.signal.aborted) {
      for (const one of octets) {
        await collectContents(extra.database, (await sha256(one))[0] ?? 0, 3600)
      }
    }
  }
  const deliver = async (): Promise<void> => {
    for (let round = 0; round < 4; round++) {
      await extra.database.execute(ageStatement)
      await Promise.all(
        accounts.flatMap((account) =>
          octets.map((one) => house.store.deliver(deliveryTo(account, Buffer.from(one)))),
        ),
      )
    }
    over.abort()
  }
  await Promise.all([collect(), collect(), deliver()])
  for (const account of accounts) {
    const inbox = await openByName(house.store, account, 'INBOX')
    const uids = Array.from({ length: inbox.state.size }, (_, i) => inbox.state.uidAt(i))
    let count = 0
    for await (const body of inbox.bodies(uids)) count += body.octets.length > 0 ? 1 : 0
    assert.equal(count, 48)
    inbox.close()
  }
  assert.equal(computeFacts(octets[0] ?? Buffer.alloc(0)).subject, 'revived0')
  await closeHousehold(extra)
})
