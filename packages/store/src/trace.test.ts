import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Account } from './accounts.ts'
import type { Delivery } from './delivery.ts'
import { uid } from './ids.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { tupleStatement, unnamed } from './statement.ts'
import { openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'
import { keepTracePartitions } from './trace-partitions.ts'
import type { MailLike, TraceStep, TraceSubject } from './trace.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'

let house: StoreHouse
let ada: Account
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
})
after(() => house.close())

function deliveryOf(id: string, to: readonly Account[] = [ada]): Delivery {
  const octets = Buffer.from(`Message-ID: ${id}\r\nSubject: t\r\n\r\nHello.\r\n`)
  const queueId = uuidToBase32(newUuid())
  return {
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId,
    origin: {
      door: 'mx',
      sender: 'eve@example.org',
      client: '192.0.2.1',
      helo: 'eve',
      tls: 'TLSv1.3',
    },
    recipients: to.map((one) => ({
      account: one.id,
      mailbox: 'INBOX',
      prefix: Buffer.from('Return-Path: <eve@example.org>\r\n'),
      flags: [],
    })),
  }
}

function find(subject: TraceSubject): Promise<readonly TraceStep[]> {
  return house.store.trace.find({ subject })
}

async function inboxOf(account: Account): Promise<OpenMailbox> {
  const inbox = await house.store.mailboxes(account.id).find('INBOX')
  assert.ok(inbox)
  const opened = await house.store.open(account.id, inbox.id, { readOnly: false })
  assert.ok(opened)
  return opened
}

const kinds = (steps: readonly TraceStep[]): readonly string[] => steps.map(({ kind }) => kind)

test('a message is followed from the door through its mailboxes, by queue id and by Message-ID', async () => {
  const other = await house.account('bob@example.test')
  const delivery = deliveryOf('<way@example.org>', [ada, other])
  await house.store.deliver(delivery)
  const inbox = await inboxOf(ada)
  const [own] = [inbox.state.uidAt(inbox.state.size - 1)]
  const archive = await house.store.mailboxes(ada.id).find('Archive')
  assert.ok(archive)
  await inbox.setFlags([own], { op: 'add', flags: ['\\Seen', '\\Flagged'] })
  await inbox.setFlags([own], { op: 'add', flags: ['\\Answered'] })
  await inbox.copy([own], archive.id)
  await inbox.move([own], archive.id)
  const opened = await house.store.open(ada.id, archive.id, { readOnly: false })
  assert.ok(opened)
  await opened.expunge([uid(1), uid(2)])
  await house.store.mailboxes(ada.id).undelete(archive.id, { since: new Date(0) })
  opened.close()
  inbox.close()
  const { queueId } = delivery
  const steps = await find({ by: 'queue-id', id: queueId })
  assert.deepEqual(kinds(steps), [
    'delivered',
    'delivered',
    'flagged',
    'copied',
    'moved',
    'expunged',
    'undeleted',
  ])
  const [first, , flagged, copied] = steps
  assert.deepEqual(
    [first?.queueId, first?.mailbox, first?.details['client'], first?.details['messageId']],
    [queueId, 'INBOX', '192.0.2.1', '<way@example.org>'],
  )
  assert.deepEqual(
    new Set(steps.slice(0, 2).map(({ address }) => address)),
    new Set([ada.address, other.address]),
  )
  assert.deepEqual(flagged?.details, { add: ['\\Seen', '\\Flagged'], remove: [] })
  assert.deepEqual(copied?.details, { to: 'Archive', first: 1, count: 1 })
  assert.deepEqual(copied?.uids, [[own, own]])
  assert.deepEqual(await find({ by: 'message-id', id: '<way@example.org>' }), steps)
  assert.deepEqual(await find({ by: 'queue-id', id: uuidToBase32(newUuid()) }), [])
  const account = await find({ by: 'address', address: 'ADA@example.test' })
  assert.ok(kinds(steps.slice(2)).every((kind) => kinds(account).includes(kind)))
  assert.ok(account.every(({ address }) => address !== other.address || address === undefined))
})

test('what a client fetched is noted when its session ends, as ranges', async () => {
  const carol = await house.account('carol@example.test')
  for (const n of [1, 2, 3, 4, 5]) await house.store.deliver(deliveryOf(`<f${n}@x>`, [carol]))
  const store = await house.another()
  const inbox = await store.mailboxes(carol.id).find('INBOX')
  assert.ok(inbox)
  const opened = await store.open(carol.id, inbox.id, { readOnly: true })
  for (const n of [3, 1, 2, 5, 1]) opened?.noteFetched(uid(n), 'imap')
  opened?.close()
  await store.close()
  const steps = await find({ by: 'message-id', id: '<f2@x>' })
  assert.deepEqual(kinds(steps), ['delivered', 'fetched'])
  assert.deepEqual(steps[1]?.uids, [
    [1, 3],
    [5, 5],
  ])
  const { by, from, until } = steps[1]?.details ?? {}
  assert.equal(by, 'imap')
  const [begin, first, last] = [steps[0]?.at, from, until].map((at) => new Date(String(at)))
  assert.ok(begin && first && last && begin <= first && first <= last)
  assert.deepEqual(kinds(await find({ by: 'message-id', id: '<f4@x>' })), ['delivered'])
})

test('a message is found by its sender, recipient, subject, time and verdict, and by several of them', async () => {
  const dora = await house.account('dora@example.test')
  const make = async (n: number, subject: string, action: string): Promise<string> => {
    const octets = Buffer.from(`Message-ID: <s${n}@x>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`)
    const verdict = { direction: 'inbound', action, points: 1, findings: [], stages: [] } as const
    const delivery = { ...deliveryOf(`<s${n}@x>`, [dora, ada]), octets, verdict }
    const origin = { door: 'mx', sender: `Writer${n}@example.org` }
    await house.store.deliver({ ...delivery, facts: computeFacts(octets), origin })
    return delivery.queueId
  }
  const begun = new Date()
  const first = await make(1, 'Quarterly =?utf-8?q?F=C3=9Cnf?=', 'deliver')
  const second = await make(2, 'Quarterly six', 'junk')
  const found = async (like: MailLike, bounds = {}): Promise<readonly unknown[]> => {
    const steps = await house.store.trace.find({ subject: { by: 'mail', ...like }, ...bounds })
    return [...new Set(steps.map(({ queueId }) => queueId))]
  }
  assert.deepEqual(await found({ subject: 'quarterly f\u00dc' }), [first])
  assert.deepEqual(await found({ subject: 'QUARTERLY', recipient: 'dora@example.test' }), [
    first,
    second,
  ])
  assert.deepEqual(await found({ sender: 'writer2@EXAMPLE.org' }), [second])
  assert.deepEqual(await found({ subject: 'quarterly', action: 'junk' }), [second])
  assert.deepEqual(await found({ subject: 'quarterly', recipient: 'bob@example.test' }), [])
  assert.deepEqual(await found({ subject: 'quarterly' }, { until: begun }), [])
  const own = outboundDelivery('dora@example.test', ['q@dora.example'], 'x', { account: dora.id })
  await house.store.deliver({ ...own, origin: { door: 'submission', sender: 'dora@example.test' } })
  assert.deepEqual(await found({}, { since: begun }), [first, second, own.queueId])
  assert.deepEqual(await found({ recipient: 'dora@example.test' }), [first, second])
  assert.deepEqual(await found({ sender: 'dora@example.test' }), [own.queueId])
  const [, delivered, copy] = await house.store.trace.find({
    subject: { by: 'mail', sender: 'writer1@example.org' },
  })
  assert.equal(delivered?.details['subject'], 'quarterly f\u00fcnf')
  assert.equal(copy?.kind, 'delivered')
})

test('what a message was passed on under other ids belongs to it', async () => {
  const delivery = deliveryOf('<onward@x>')
  const [outbound, submission] = ['x@onward.example', 'y@onward.example'].map(
    (to) => outboundDelivery('ada@example.test', [to]).outbound,
  )
  assert.ok(outbound && submission)
  const other = { queueId: uuidToBase32(newUuid()), submission }
  await house.store.deliver({ ...delivery, outbound, alsoOutbound: [other] })
  const steps = await find({ by: 'queue-id', id: delivery.queueId })
  assert.deepEqual(kinds(steps), ['delivered', 'queued', 'queued'])
  assert.deepEqual(steps[2]?.details['of'], delivery.queueId)
})

test('mail on its way out is followed through its attempts', async () => {
  const delivery = {
    ...outboundDelivery('ada@example.test', ['x@far.example', 'y@far.example']),
    origin: { door: 'submission', sender: 'ada@example.test' },
  }
  await house.store.deliver(delivery)
  const { queueId } = delivery
  const request = { destinations: 5, perDestination: 50, leaseSeconds: 60, worker: 'w' }
  for (const kind of ['deferred', 'delivered'] as const) {
    await house.store.queue.retry({ queueIds: [queueId] })
    const claim = await house.store.queue.claim(request)
    const text = kind === 'deferred' ? 'Greylisted \u0000\ud800' : 'OK'
    const reply = { host: 'mx.far.example', code: 250, enhanced: undefined, text }
    const outcome = { queueId, kind, reply, retryInSeconds: 300 }
    const outcomes = [1, 2].map((n) => ({ ...outcome, n }))
    await house.store.queue.record(claim.token, outcomes)
  }
  const steps = await find({ by: 'queue-id', id: queueId })
  const said = kinds(steps)
  assert.equal(said[0], 'queued')
  assert.equal(said.filter((kind) => kind === 'deferred').length, 2)
  assert.equal(said.filter((kind) => kind === 'sent').length, 2)
  assert.deepEqual(steps[0]?.details['recipients'], ['x@far.example', 'y@far.example'])
  const deferred = steps.find(({ kind }) => kind === 'deferred')
  assert.equal(deferred?.details['host'], 'mx.far.example')
  assert.match(String(deferred?.details['next']), /^\d{4}-/)
  for (const address of ['Y@far.example', 'x@far.example']) {
    assert.deepEqual(kinds(await find({ by: 'address', address })), said)
  }
  assert.deepEqual(await find({ by: 'address', address: 'z@far.example' }), [])
})

test('nothing that strangers write can make the change fail that it is told of', async () => {
  const ids = ['<a\\u0000b\\ud800@x>', `<${'k'.repeat(3000)}@x>`, '<\u00ff"\\@x>', '"\\', '<{}>']
  for (const id of ids) {
    const delivery = deliveryOf(id)
    const origin = { door: 'mx', sender: `\u0000${id}\ud800`, helo: '\\u0000', client: '::1' }
    const result = await house.store.deliver({ ...delivery, origin })
    assert.equal(result.copies[0]?.kind, 'delivered')
    assert.deepEqual(kinds(await find({ by: 'queue-id', id: delivery.queueId })), ['delivered'])
  }
})

test('what did not happen is not told', async () => {
  const { database } = house
  const gone = { ...ada, id: newUuid() as never }
  const delivery = deliveryOf('<gone@x>', [gone])
  await house.store.deliver(delivery)
  assert.deepEqual(await find({ by: 'queue-id', id: delivery.queueId }), [])
  const count = tupleStatement<readonly [number]>('test_traces', 'SELECT count(*) FROM trace')
  const known = await database.query(count)
  const inbox = await inboxOf(ada)
  await inbox.expunge([uid(4_000_000)])
  await inbox.setFlags([uid(4_000_000)], { op: 'add', flags: ['\\Seen'] })
  inbox.close()
  assert.deepEqual(await database.query(count), known)
})

/** Another process, or this one's housekeeping, may be at it just then: it is asked again until it was done. */
async function keepUntil(isDone: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; ;) {
    await keepTracePartitions(house.database)
    if (await isDone()) return
    assert.ok(Date.now() < deadline, 'it was never done')
  }
}

const partitions = tupleStatement<readonly [string]>(
  'test_partitions',
  `SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'trace'::regclass ORDER BY 1`,
)

test('days have partitions ahead of time; old ones are dropped whole, and without one nothing fails', async () => {
  const { database } = house
  const names = async (): Promise<readonly string[]> =>
    (await database.query(partitions)).map(([name]) => name)
  await Promise.all([keepTracePartitions(database), keepTracePartitions(database)])
  await keepUntil(async () => (await names()).length >= 6)
  const kept = await names()
  // Made at the migration, and by now perhaps one more.
  assert.ok(kept.length >= 6 && kept.includes('trace_rest'), kept.join(' '))
  await database.execute(
    unnamed(
      `CREATE TABLE trace_20010101 PARTITION OF trace FOR VALUES FROM ('2001-01-01Z') TO ('2001-01-02Z')`,
    ),
  )
  await database.execute(
    unnamed(`INSERT INTO trace (at, kind) VALUES ('2001-01-01 12:00Z', 'sent')`),
  )
  await database.execute(
    unnamed(`INSERT INTO trace (at, kind) VALUES ('2001-02-01 12:00Z', 'sent')`),
  )
  await keepUntil(async () => !(await names()).includes('trace_20010101'))
  const now = await names()
  assert.ok(kept.every((name) => now.includes(name)))
  const old = tupleStatement<readonly [number]>(
    'test_old',
    `SELECT count(*) FROM trace WHERE at < '2002-01-01'`,
  )
  assert.deepEqual(await database.query(old), [[0]])
})

test('housekeeping that finds the trace in use leaves it for another time', async () => {
  const { database } = house
  await database.execute(
    unnamed(
      `CREATE TABLE trace_20010101 PARTITION OF trace FOR VALUES FROM ('2001-01-01Z') TO ('2001-01-02Z')`,
    ),
  )
  await database.transact(async (tx) => {
    await tx.query(unnamed('SELECT count(*) FROM trace'))
    await keepTracePartitions(house.database)
    assert.equal((await tx.query(partitions)).length > 0, true)
    const delivery = deliveryOf('<meanwhile@x>')
    const result = await house.store.deliver(delivery)
    assert.equal(result.copies[0]?.kind, 'delivered')
  })
  await keepUntil(async () => {
    const names = await database.query(partitions)
    return !names.some(([name]) => name === 'trace_20010101')
  })
})
