import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Account } from './accounts.ts'
import { uid, type MailboxId } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { unnamed } from './statement.ts'
import { deliveryTo, messageNamed } from './testing/mailbox-house.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let ada: Account
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
  for (const n of [1, 2, 3]) await house.store.deliver(deliveryTo(ada.id, messageNamed(`m${n}`)))
})
after(() => house.close())

async function idOf(name: string): Promise<MailboxId> {
  const found = await house.store.mailboxes(ada.id).find(name)
  return found?.id ?? assert.fail(`no ${name}`)
}

async function open(name: string): Promise<OpenMailbox> {
  const held = await house.store.open(ada.id, await idOf(name), { readOnly: false })
  return held ?? assert.fail(`${name} can not be opened`)
}

async function damage(sql: string): Promise<void> {
  for (const one of sql.split(';')) await house.database.execute(unnamed(one))
}

/** The check finds this and nothing else; what mends it leaves nothing behind. */
async function findAndMend(texts: readonly RegExp[]): Promise<void> {
  const findings = await house.store.check()
  const found = findings.map(({ invariant, text }) => `${invariant} ${text}`)
  const isAsked = (text: string): boolean => texts.some((one) => one.test(text))
  assert.deepEqual(
    found.filter((text) => !isAsked(text)),
    [],
  )
  for (const text of texts)
    assert.ok(
      found.some((one) => text.test(one)),
      String(text),
    )
  const mendings = await house.store.mend()
  assert.deepEqual(
    mendings.filter(({ because }) => because !== undefined),
    [],
  )
  assert.deepEqual(await house.store.check(), [])
}

test('a message that stands in no mailbox is found, and goes; one that is expunged is none', async () => {
  const held = await open('INBOX')
  await held.expunge([uid(1)])
  held.close()
  assert.deepEqual(await house.store.check(), [])
  await damage(`DELETE FROM entry WHERE uid = 1`)
  await findAndMend([/^I13 message \d+ stands in no mailbox$/])
})

test('mail whose mailbox is lost, head and all, comes back under a name that says so', async () => {
  const made = await house.store.mailboxes(ada.id).create('Lost')
  assert.ok(made.ok)
  const { id } = made.mailbox
  const lost = { mailbox: 'Lost', flags: ['\\Seen'] }
  await house.store.deliver(deliveryTo(ada.id, messageNamed('lost'), lost))
  await damage(`DELETE FROM mailbox WHERE mailbox_id = ${id};
    DELETE FROM mailbox_head WHERE mailbox_id = ${id}`)
  const findings = await house.store.check()
  assert.deepEqual(
    findings.map(({ invariant, mailbox, text }) => [invariant, mailbox, text]),
    [['I13', id, 'entries without a mailbox']],
  )
  assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
  assert.deepEqual(await house.store.check(), [])
  const held = await open(`Recovered ${id}`)
  assert.equal(held.state.size, 1)
  assert.deepEqual(held.flagNames(held.row(uid(1))?.flags ?? 0), ['\\Seen'])
  held.close()
})

test('what is left of a mailbox without its mail is found in every table, and goes', async () => {
  const made = await house.store.mailboxes(ada.id).create('Left')
  assert.ok(made.ok)
  const { id } = made.mailbox
  await house.store.deliver(deliveryTo(ada.id, messageNamed('left'), { mailbox: 'Left' }))
  const held = await open('Left')
  await held.setFlags([uid(1)], { op: 'add', flags: ['\\Flagged'] })
  held.close()
  await checkpointUnopened(house.database, ada.id, id)
  const words = ['from', 'to', 'cc', 'bcc', 'subject', 'header', 'body'].map((w) => `${w}_words`)
  await damage(`INSERT INTO search_segment (account_id, mailbox_id, first_uid, last_uid, version,
      messages, characters, uids, ${words.join(', ')})
      SELECT account_id, mailbox_id, 1, 1, 0, 1, 1, ''${", ''".repeat(words.length)}
      FROM mailbox WHERE mailbox_id = ${id};
    DELETE FROM message m USING entry e
      WHERE e.mailbox_id = ${id} AND m.account_id = e.account_id AND m.message_id = e.message_id;
    DELETE FROM entry WHERE mailbox_id = ${id};
    DELETE FROM mailbox WHERE mailbox_id = ${id};
    DELETE FROM mailbox_head WHERE mailbox_id = ${id}`)
  const tables = ['mailbox_log', 'mailbox_base', 'mailbox_page', 'search_segment']
  await findAndMend(tables.map((table) => new RegExp(`^I13 rows of ${table} without a mailbox$`)))
})

test('contents that nothing refers to are found when the keepers have been at fault for a week', async () => {
  await damage(String.raw`INSERT INTO content (hash, size, encoding, octets, last_ref)
    VALUES (sha256('x'), 1, 0, '\x00', now() - interval '2 days'),
      (sha256('y'), 1, 0, '\x00', now() - interval '9 days')`)
  await findAndMend([/^I13 content [0-9a-f]{64} is referred to by nothing, since \d{4}-/])
})

test('partitions of the trace that are past their time are found, and dropped', async () => {
  await damage(`CREATE TABLE trace_20200102 PARTITION OF trace
    FOR VALUES FROM ('2020-01-02 00:00:00+00') TO ('2020-01-03 00:00:00+00')`)
  await findAndMend([/^I13 partition trace_20200102 is past its time$/])
})

test('what an account leaves behind that is gone is found; its mailboxes are left, and said', async () => {
  const bob = await house.account('bob@example.test')
  await house.store.mailboxes(bob.id).subscribe('Gone')
  const kept = `CREATE TABLE kept AS SELECT * FROM account WHERE account_id = '${bob.id}'`
  await damage(`${kept}; CREATE TABLE kept_address AS SELECT * FROM address WHERE account_id = '${bob.id}';
    DELETE FROM account WHERE account_id = '${bob.id}'`)
  const text = (await house.store.check()).map(
    ({ invariant, text: said }) => `${invariant} ${said}`,
  )
  assert.deepEqual(text, [
    `A4 account ${bob.id} has mailboxes and does not exist`,
    `A5 account ${bob.id} does not exist and has rows of subscription`,
  ])
  const left = (await house.store.mend()).filter(({ because }) => because !== undefined)
  assert.deepEqual(
    left.map(({ finding }) => finding.invariant),
    ['A4'],
  )
  await damage(`INSERT INTO account SELECT * FROM kept; INSERT INTO address SELECT * FROM kept_address;
    DROP TABLE kept; DROP TABLE kept_address`)
  assert.deepEqual(await house.store.check(), [])
})

test('figures of head and checkpoint that can not be are found, and put right', async () => {
  const inbox = await idOf('INBOX')
  await checkpointUnopened(house.database, ada.id, inbox)
  const here = `mailbox_id = ${inbox}`
  await damage(`UPDATE mailbox_head SET recent_uid = uid_next + 5 WHERE ${here}`)
  await findAndMend([/^I4 .Recent begins at \d+, above UIDNEXT/])
  await damage(`UPDATE mailbox_base SET expunge_floor = modseq WHERE ${here}`)
  await findAndMend([/^I3 expunges are forgotten up to a modseq above the floor/])
  await damage(`UPDATE mailbox_head SET uid_next = 4 WHERE ${here};
    UPDATE mailbox_base SET uid_next = 9 WHERE ${here}`)
  await findAndMend([/^I4 .* UIDNEXT above the head/, /^I3 /])
  const held = await open('INBOX')
  assert.equal(held.state.uidNext, 9)
  held.close()
})
