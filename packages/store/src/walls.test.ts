import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { Secret } from '@posthouse/config'
import type { Account } from './accounts.ts'
import { ContentReader } from './content-reader.ts'
import { FactsReader } from './facts-reader.ts'
import { uid, type MailboxId } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import { loadState } from './load-state.ts'
import { readTail } from './mailbox-tail.ts'
import { appendLog, lockHeads } from './mailbox-writes.ts'
import { MessageReader } from './message-reader.ts'
import { OctetSlabs } from './octet-slabs.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { savedDates } from './saved-dates.ts'
import { tupleStatement } from './statement.ts'
import { deliveryTo, messageNamed } from './testing/mailbox-house.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { threadIds } from './thread-ids.ts'
import { trimLog } from './trim.ts'
import { vanishedSince } from './vanished.ts'

// Accounts are walls: everything the store offers to an account, tried by Ada with what is Bob's.

let house: StoreHouse
let ada: Account
let bob: Account
let adaInbox: OpenMailbox
let bobInbox: OpenMailbox
let bobArchive: MailboxId
let bobDeleted: MailboxId
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
  bob = await house.account('bob@example.test')
  for (const n of [1, 2, 3]) {
    // The same octets in both accounts: contents are shared, and nothing else.
    await house.store.deliver(deliveryTo(bob.id, messageNamed(`m${n}`)))
    await house.store.deliver(deliveryTo(ada.id, messageNamed(`a${n}`)))
  }
  adaInbox = await open(ada)
  bobInbox = await open(bob)
  const mailboxes = house.store.mailboxes(bob.id)
  bobArchive = (await mailboxes.find('Archive'))?.id ?? assert.fail()
  const made = await mailboxes.create('Gone')
  assert.ok(made.ok)
  bobDeleted = made.mailbox.id
  await mailboxes.remove('Gone')
  await bobInbox.setFlags([uid(1)], { op: 'add', flags: ['\\Seen', 'bobs-keyword'] })
  await bobInbox.expunge([uid(3)])
  await house.store.indexForSearch()
})
after(async () => {
  adaInbox.close()
  bobInbox.close()
  await house.close()
})

async function open(account: Account): Promise<OpenMailbox> {
  const found = await house.store.mailboxes(account.id).find('INBOX')
  return (
    (found && (await house.store.open(account.id, found.id, { readOnly: false }))) ?? assert.fail()
  )
}

const everything = tupleStatement<readonly [string]>(
  'test_everything',
  `SELECT to_jsonb(h)::text FROM mailbox_head h WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(m)::text FROM mailbox m WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(e)::text FROM entry e WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(l)::text FROM mailbox_log l WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(b)::text FROM mailbox_base b WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(k)::text FROM keyword k WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(s)::text FROM subscription s WHERE account_id = $1::uuid
  UNION ALL SELECT to_jsonb(q)::text FROM quota q WHERE account_id = $1::uuid ORDER BY 1`,
)

/** Runs Ada's attempt, and proves that nothing of Bob's has changed by it. */
function attempt(what: string, work: () => Promise<void>): void {
  test(what, async () => {
    const known = await house.database.query(everything, [bob.id])
    await work()
    assert.deepEqual(await house.database.query(everything, [bob.id]), known)
  })
}

attempt('a mailbox of another account does not exist: open, append, status', async () => {
  const { store } = house
  const octets = Buffer.from('Subject: x\r\n\r\n')
  const request = { octets, facts: computeFacts(octets), flags: [] }
  const nonexistent = { ok: false, reason: 'nonexistent' }
  for (const id of [bobInbox.mailbox, bobArchive, bobDeleted]) {
    for (const readOnly of [true, false]) {
      assert.equal(await store.open(ada.id, id, { readOnly }), undefined)
    }
    assert.deepEqual(await store.append(ada.id, id, request), nonexistent)
    assert.deepEqual(await store.appendAll(ada.id, id, [request, request]), nonexistent)
    assert.equal((await store.mailboxes(ada.id).status([id])).size, 0)
  }
})

attempt('copies, moves and replacements into it are refused', async () => {
  const octets = Buffer.from('Subject: x\r\n\r\n')
  const request = { octets, facts: computeFacts(octets), flags: [] }
  for (const id of [bobInbox.mailbox, bobArchive, bobDeleted]) {
    for (const outcome of [
      await adaInbox.copy([uid(1)], id),
      await adaInbox.move([uid(1)], id),
      await adaInbox.replace(uid(1), id, request),
    ]) {
      assert.deepEqual(outcome, { ok: false, reason: 'nonexistent' })
    }
  }
  assert.equal(adaInbox.state.size, 3)
})

attempt('what was deleted there is not listed, restored or undeleted', async () => {
  const mailboxes = house.store.mailboxes(ada.id)
  assert.deepEqual(await mailboxes.deleted(), [])
  for (const id of [bobDeleted, bobInbox.mailbox]) {
    assert.deepEqual(await mailboxes.restore(id), { ok: false, reason: 'nonexistent' })
    assert.deepEqual(await mailboxes.restore(id, 'Mine'), { ok: false, reason: 'nonexistent' })
    const undeleted = await mailboxes.undelete(id, { since: new Date(0) })
    assert.deepEqual(undeleted, { ok: false, reason: 'nonexistent' })
  }
})

attempt('names are one’s own: the same name is another mailbox', async () => {
  const mailboxes = house.store.mailboxes(ada.id)
  assert.ok(
    (await mailboxes.list()).every(({ id }) => id !== bobArchive && id !== bobInbox.mailbox),
  )
  assert.notEqual((await mailboxes.find('Archive'))?.id, bobArchive)
  assert.ok((await mailboxes.create('Bobs')).ok)
  assert.ok((await mailboxes.rename('Bobs', 'Hers')).ok)
  assert.ok((await mailboxes.subscribe('Gone')).ok)
  assert.ok((await mailboxes.unsubscribe('INBOX')).ok)
  assert.ok((await mailboxes.remove('Archive')).ok)
  assert.ok((await mailboxes.remove('Hers')).ok)
})

attempt(
  'messages of another account are not read by their ids: octets, facts, threads, dates',
  async () => {
    const { database } = house
    const messages = new MessageReader(database, new ContentReader(database), new OctetSlabs(4))
    const facts = new FactsReader(database)
    const wanted = [1, 2].map((n) => bobInbox.row(uid(n)) ?? assert.fail())
    for (const { messageId } of wanted) {
      assert.equal(await messages.octets(ada.id, messageId), undefined)
      for await (const _ of messages.stream(ada.id, messageId)) assert.fail()
    }
    for await (const _ of messages.bodies(ada.id, wanted)) assert.fail()
    for (const mailbox of [bobInbox.mailbox, adaInbox.mailbox]) {
      for await (const _ of facts.read(ada.id, mailbox, wanted, ['envelope', 'subject']))
        assert.fail()
    }
    assert.equal((await threadIds(database, ada.id, wanted)).size, 0)
    assert.equal((await savedDates(database, ada.id, bobInbox.mailbox, [uid(1)])).size, 0)
    assert.deepEqual(await vanishedSince(database, ada.id, bobInbox.mailbox, 0), [])
    assert.equal(adaInbox.row(uid(4)), undefined)
  },
)

attempt('states, logs and checkpoints are bound to the account', async () => {
  const { database } = house
  const id = bobInbox.mailbox
  assert.equal(await loadState(database, ada.id, id), undefined)
  assert.equal(await readTail(database, ada.id, id, { modSeq: 0, uidNext: 0 }), undefined)
  assert.equal((await database.transact((tx) => lockHeads(tx, ada.id, [id]))).size, 0)
  await checkpointUnopened(database, ada.id, id)
  assert.equal(await trimLog(database, ada.id, id, 0), false)
  const write = { kind: 'expunge', commands: 1, payload: Buffer.alloc(1) } as const
  const figures = { total: -1, unseen: 0, deleted: 0, bytes: 0 }
  for (const changeSeq of [0, 1, 2, 3]) {
    assert.equal(
      await appendLog(database, ada.id, id, changeSeq, { ...write, ...figures }),
      undefined,
    )
  }
})

attempt('keywords, quotas and searches know nothing of the neighbours', async () => {
  assert.ok(!adaInbox.keywords.includes('bobs-keyword'))
  assert.equal(adaInbox.flagTest('bobs-keyword')(0xffff_ffff), false)
  await house.store.quotas.set(ada.id, { bytes: 1_000_000 })
  const quota = await house.store.quotas.show(ada.id)
  assert.equal(quota.messages.used, 3)
  const lookup = await adaInbox.lookUp([{ field: 'subject', text: 'm1' }])
  assert.ok(lookup === undefined || typeof lookup === 'object')
  const threads = await adaInbox.threadIds([uid(1), uid(2), uid(3)])
  const others = await bobInbox.threadIds([uid(1), uid(2)])
  assert.ok([...threads.values()].every((thread) => ![...others.values()].includes(thread)))
})

attempt('an app password is revoked by its own account only', async () => {
  const { appPasswords, accounts } = house.store
  const protocols = ['imap'] as const
  const made = await appPasswords.create({ account: bob.address, name: 'Phone', protocols }, actor)
  assert.ok(made.ok)
  assert.equal(await appPasswords.revoke(ada.address, made.appPassword.id, actor), 'not-found')
  const place = { protocol: 'imap', address: '127.0.0.1' } as const
  const theirs = await accounts.authenticate(ada.address, made.secret, place)
  assert.equal(theirs.ok, false)
  assert.equal((await appPasswords.list(bob.address))?.length, 1)
  const wrong = await accounts.authenticate(ada.address, new Secret('wrong'), place)
  assert.ok(!wrong.ok && !theirs.ok && wrong.reason === theirs.reason)
})
