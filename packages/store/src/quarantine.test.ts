import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Account } from './accounts.ts'
import { collectContents } from './collect-contents.ts'
import { sha256 } from './content.ts'
import type { Delivery, DeliveryRecipient } from './delivery.ts'
import { findDelivered } from './find-delivered.ts'
import { uid } from './ids.ts'
import { purgeOverdue } from './quarantine-purge.ts'
import { statement } from './statement.ts'
import { messageNamed } from './testing/mailbox-house.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { newUuid, uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

let house: StoreHouse
let ada: Account
let bob: Account
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
  bob = await house.account('bob@example.test')
})
after(() => house.close())

const receivedAt = new Date(Date.UTC(2026, 3, 5, 6, 7, 8))

function deliveryOf(octets: Buffer, recipients: readonly DeliveryRecipient[]): Delivery {
  return {
    octets,
    facts: computeFacts(octets),
    receivedAt,
    queueId: uuidToBase32(newUuid()),
    origin: { door: 'mx', sender: 'stranger@example.org' },
    recipients,
  }
}

function aside(account: Account, reason: 'spam' | 'virus' | 'policy' = 'spam'): DeliveryRecipient {
  const prefix = Buffer.from(`Delivered-To: ${account.address}\r\n`)
  return { account: account.id, mailbox: { recipient: account.address, reason }, prefix, flags: [] }
}

async function keep(account: Account, name: string, reason?: 'spam' | 'virus' | 'policy') {
  const delivery = deliveryOf(messageNamed(name), [aside(account, reason)])
  const [copy] = (await house.store.deliver(delivery)).copies
  assert.ok(copy?.kind === 'kept-aside')
  return { id: copy.id, delivery }
}

async function inboxOf(account: Account) {
  const found = await house.store.mailboxes(account.id).find('INBOX')
  const open = found && (await house.store.open(account.id, found.id, { readOnly: true }))
  return open ?? assert.fail()
}

async function sizeOf(account: Account): Promise<number> {
  const inbox = await inboxOf(account)
  const { size } = inbox.state
  inbox.close()
  return size
}

test('what is kept aside is in no mailbox and counts against no quota', async () => {
  const carl = await house.account('carl@example.test')
  const { id, delivery } = await keep(carl, 'aside')
  for (const { id: mailbox } of await house.store.mailboxes(carl.id).list()) {
    const [status] = [...(await house.store.mailboxes(carl.id).status([mailbox])).values()]
    assert.equal(status?.messages, 0)
  }
  assert.equal((await house.store.quotas.show(carl.id)).bytes.used, 0)
  const shown = await house.store.quarantine.show(id)
  assert.deepEqual(shown, {
    id,
    account: carl.id,
    address: 'carl@example.test',
    queueId: delivery.queueId,
    reason: 'spam',
    recipient: 'carl@example.test',
    sender: 'stranger@example.org',
    subject: 'aside',
    size: delivery.octets.length + 'Delivered-To: carl@example.test\r\n'.length,
    receivedAt,
    keptAt: shown?.keptAt,
  })
})

test('one message goes to one recipient’s INBOX and is kept aside for another', async () => {
  const inbox = { account: bob.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }
  const earlier = await sizeOf(bob)
  const delivery = deliveryOf(messageNamed('both'), [aside(ada), inbox])
  const { copies } = await house.store.deliver(delivery)
  assert.deepEqual(
    copies.map(({ kind }) => kind),
    ['kept-aside', 'delivered'],
  )
  assert.equal(await sizeOf(bob), earlier + 1)
})

test('many that wait together are each kept', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `crowd${i}`)
  const dora = await house.account('dora@example.test')
  await Promise.all(names.map((name) => keep(dora, name, 'policy')))
  const listed = await house.store.quarantine.list({ account: dora.id })
  assert.deepEqual(listed.map(({ subject }) => subject).toSorted(), names.toSorted())
})

test('a released message has the octets, the prefix and the date it would have had', async () => {
  const octets = Buffer.concat([messageNamed('released'), randomBytes(600_000)])
  const delivery = deliveryOf(octets, [aside(ada)])
  const [copy] = (await house.store.deliver(delivery)).copies
  assert.ok(copy?.kind === 'kept-aside')
  const earlier = await sizeOf(ada)
  const outcome = await house.store.quarantine.release(copy.id, actor)
  assert.equal(outcome.kind, 'released')
  const inbox = await inboxOf(ada)
  const last = uid(inbox.state.uidNext - 1)
  assert.equal(inbox.state.size, earlier + 1)
  const prefix = Buffer.from('Delivered-To: ada@example.test\r\n')
  assert.ok((await inbox.octets(last))?.equals(Buffer.concat([prefix, octets])))
  assert.equal(inbox.row(last)?.received, receivedAt.getTime() / 1000)
  inbox.close()
  assert.equal(await house.store.quarantine.show(copy.id), undefined)
  assert.deepEqual(await house.store.quarantine.release(copy.id, actor), { kind: 'not-found' })
  const steps = await house.store.trace.find({ subject: { by: 'queue-id', id: delivery.queueId } })
  assert.deepEqual(
    steps.map(({ kind, details }) => [kind, details['door']]),
    [
      ['quarantined', 'mx'],
      ['delivered', 'quarantine'],
    ],
  )
  const [entry] = await house.store.audit.list({ object: copy.id })
  assert.equal(entry?.action, 'quarantine.released')
})

test('a delivery that only keeps aside, and whose COMMIT was lost, is found again', async () => {
  const { id, delivery } = await keep(ada, 'lost')
  const unit = (quarantineId: string) =>
    ({
      content: { hash: Buffer.alloc(32), size: 0, chunks: [] },
      facts: delivery.facts,
      receivedAt,
      queueId: delivery.queueId,
      copies: [],
      kept: [
        { quarantineId, account: ada.id, recipient: '', reason: 'spam', prefix: Buffer.alloc(0) },
      ],
    }) as const
  assert.ok(await findDelivered(house.database, unit(uuidFromBase32(id) ?? '')))
  assert.equal(await findDelivered(house.database, unit(newUuid())), undefined)
})

test('of two that release the same message one does, and it arrives once', async () => {
  const { id } = await keep(ada, 'raced')
  const earlier = await sizeOf(ada)
  const other = await house.another()
  const outcomes = await Promise.all([
    house.store.quarantine.release(id, actor),
    other.quarantine.release(id, actor),
  ])
  assert.deepEqual(outcomes.map(({ kind }) => kind).toSorted(), ['not-found', 'released'])
  assert.equal(await sizeOf(ada), earlier + 1)
})

test('a message is released to another account', async () => {
  const { id } = await keep(ada, 'for bob')
  const earlier = await sizeOf(bob)
  const outcome = await house.store.quarantine.release(id, actor, { to: bob.id })
  assert.ok(outcome.kind === 'released' && outcome.to === bob.id)
  assert.equal(await sizeOf(bob), earlier + 1)
})

test('a release asks the filter to learn for the account, where that is wanted', async () => {
  const gus = await house.account('gus@example.test')
  const [quiet, telling] = [await keep(gus, 'quiet'), await keep(gus, 'telling')]
  await house.store.quarantine.release(quiet.id, actor)
  await house.store.quarantine.release(telling.id, actor, { teaches: true })
  const jobs = (await house.store.learning.training.claim(100)).filter((job) => {
    return job.account === gus.id
  })
  assert.deepEqual(
    jobs.map(({ isSpam, octets }) => [isSpam, octets.equals(telling.delivery.octets)]),
    [[false, true]],
  )
})

test('nothing is kept for an account that is gone; what was kept waits for it to come back', async () => {
  const eve = await house.account('eve@example.test')
  const { id } = await keep(eve, 'early')
  assert.equal(await house.store.accounts.remove(eve.address, actor), 'done')
  const other = await house.another()
  const { copies } = await other.deliver(deliveryOf(messageNamed('late'), [aside(eve)]))
  assert.deepEqual(copies, [{ kind: 'gone' }])
  assert.deepEqual(await other.quarantine.release(id, actor), { kind: 'gone' })
  assert.equal((await other.quarantine.show(id))?.address, undefined)
})

test('lists are by account, domain, reason and time', async () => {
  const fay = await house.account('fay@else.test')
  const { id } = await keep(fay, 'virus', 'virus')
  await keep(fay, 'spam', 'spam')
  const ids = async (query: object) =>
    (await house.store.quarantine.list(query)).map((message) => message.id)
  assert.deepEqual(await ids({ account: fay.id, reason: 'virus' }), [id])
  assert.equal((await ids({ domain: 'Else.Test' })).length, 2)
  assert.equal((await ids({ domain: 'else.test', limit: 1 })).length, 1)
  assert.deepEqual(await ids({ domain: 'else.test', since: new Date(Date.now() + 60_000) }), [])
  assert.deepEqual(await ids({ domain: 'no domain' }), [])
})

test('what is deleted is gone, and the trace says so', async () => {
  const { id, delivery } = await keep(ada, 'deleted')
  assert.deepEqual(await house.store.quarantine.delete([id, 'nonsense'], actor), [id])
  assert.deepEqual(await house.store.quarantine.delete([id], actor), [])
  assert.equal(await house.store.quarantine.octets(id), undefined)
  const steps = await house.store.trace.find({ subject: { by: 'queue-id', id: delivery.queueId } })
  assert.equal(steps.at(-1)?.kind, 'discarded')
})

const ageStatement = statement(
  'test_age_quarantine',
  `UPDATE quarantine SET kept_at = now() - make_interval(days => $2) WHERE quarantine_id = $1::uuid`,
)
const forgetStatement = statement(
  'test_age_contents',
  `UPDATE content SET last_ref = now() - interval '9 days' WHERE hash = $1`,
)

test('content is kept while it is kept aside, for thirty days or as long as the setting says', async () => {
  const octets = messageNamed('old', 160)
  const hash = await sha256(octets)
  const first = hash[0] ?? 0
  const [copy] = (await house.store.deliver(deliveryOf(octets, [aside(ada)]))).copies
  assert.ok(copy?.kind === 'kept-aside')
  await house.database.execute(forgetStatement, [hash])
  await collectContents(house.database, first)
  assert.ok((await house.store.quarantine.octets(copy.id))?.content.equals(octets))
  const age = (days: number) =>
    house.database.execute(ageStatement, [uuidFromBase32(copy.id), days])
  await age(29)
  await purgeOverdue(house.database)
  assert.ok(await house.store.quarantine.show(copy.id))
  await house.store.filterSettings.change([{ name: 'quarantine.days', value: '28' }], actor)
  await purgeOverdue(house.database)
  assert.equal(await house.store.quarantine.show(copy.id), undefined)
  await house.store.filterSettings.change([{ name: 'quarantine.days', value: undefined }], actor)
  assert.equal(await collectContents(house.database, first), 1)
})

test('a purge by an operator erases what is older, and only that', async () => {
  const { id } = await keep(bob, 'young')
  assert.equal(await house.store.quarantine.purge(3600, actor), 0)
  assert.ok(await house.store.quarantine.show(id))
  assert.ok((await house.store.quarantine.purge(0, actor)) > 0)
  assert.deepEqual(await house.store.quarantine.list(), [])
})
