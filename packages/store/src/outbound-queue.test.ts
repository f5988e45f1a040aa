import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Delivery } from './delivery.ts'
import type { AttemptOutcome, Claim, OutcomeReport } from './queue.ts'
import { statement } from './statement.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

const sender = 'ada@example.test'
const reply = { host: 'mx.remote.test', code: 250, enhanced: '2.0.0', text: 'OK queued' }

async function submit(recipients: readonly string[], text?: string): Promise<string> {
  const delivery = outboundDelivery(sender, recipients, text)
  await house.store.deliver(delivery)
  return delivery.queueId
}

/** Claims everything that is due for these destinations and gives the rest back at once. */
async function claimOnly(domains: readonly string[], leaseSeconds = 600): Promise<Claim> {
  const claim = await house.store.queue.claim({
    worker: 'w',
    destinations: 100,
    perDestination: 1_000,
    leaseSeconds,
  })
  const others = claim.messages.filter(({ destination }) => !domains.includes(destination))
  const items = others.flatMap(({ queueId, recipients }) =>
    recipients.map(({ n }) => ({ queueId, n })),
  )
  if (items.length > 0) await house.store.queue.release(claim.token, items)
  return { ...claim, messages: claim.messages.filter((one) => !others.includes(one)) }
}

function outcomes(
  claim: Claim,
  kind: AttemptOutcome['kind'],
  retryInSeconds = 300,
): AttemptOutcome[] {
  return claim.messages.flatMap(({ queueId, recipients }) =>
    recipients.map(({ n }) => ({ queueId, n, kind, reply, retryInSeconds })),
  )
}

const states = async (queueId: string) =>
  (await house.store.queue.show(queueId)).map(({ state }) => state)

function report(
  about: OutcomeReport['about'],
  to: Delivery['recipients'],
  kind: OutcomeReport['kind'] = 'failure',
): OutcomeReport {
  const octets = Buffer.from('Subject: Not delivered\r\n\r\nSorry.\r\n')
  const delivery = {
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: to,
  }
  return { about, kind, delivery }
}

async function inbox(address: string): Promise<number> {
  const account = await house.store.accounts.show(address)
  assert.ok(account)
  const mailboxes = house.store.mailboxes(account.id)
  const found = await mailboxes.find('INBOX')
  assert.ok(found)
  return (await mailboxes.status([found.id])).get(found.id)?.messages ?? -1
}

test('a submitted message waits, is claimed with all it needs, and ends when its last recipient does', async () => {
  const recipients = [
    'x@one.test',
    {
      address: 'Ünïcode@one.test',
      originalRecipient: 'utf-8;Ünïcode@one.test',
      notify: ['never'] as const,
    },
    'z@two.test',
  ]
  const details = {
    envelopeId: 'env+1',
    returnContent: 'headers',
    needsSmtpUtf8: true,
    isEightBit: true,
    requiresTls: true,
  } as const
  const delivery = outboundDelivery(sender, recipients, 'Hi', details)
  await house.store.deliver(delivery)
  assert.deepEqual(await states(delivery.queueId), ['waiting', 'waiting', 'waiting'])

  const claim = await claimOnly(['one.test'])
  const [message] = claim.messages
  assert.ok(message)
  assert.equal(claim.messages.length, 1)
  assert.equal(message.queueId, delivery.queueId)
  assert.deepEqual(
    { ...message, recipients: [], submittedAt: 0, ageSeconds: 0 },
    {
      queueId: delivery.queueId,
      destination: 'one.test',
      account: null,
      sender,
      size: delivery.octets.length + 16,
      ...details,
      recipients: [],
      isTlsOptional: false,
      origin: 'submitted',
      authorDomain: undefined,
      priority: 0,
      lifetimeSeconds: 5 * 86_400,
      submittedAt: 0,
      ageSeconds: 0,
    },
  )
  assert.deepEqual(
    message.recipients.map(
      ({ n, address, originalRecipient, notify, attempt, wasAbandoned, last }) => [
        n,
        address,
        originalRecipient,
        notify,
        attempt,
        wasAbandoned,
        last,
      ],
    ),
    [
      [1, 'x@one.test', undefined, undefined, 1, false, undefined],
      [2, 'Ünïcode@one.test', 'utf-8;Ünïcode@one.test', ['never'], 1, false, undefined],
    ],
  )
  const whole = await house.store.queue.contents([
    delivery.queueId,
    uuidToBase32(newUuid()),
    'nonsense',
  ])
  assert.deepEqual([...whole.keys()], [delivery.queueId])
  assert.equal(
    whole.get(delivery.queueId)?.toString(),
    `Received: here\r\n${delivery.octets.toString()}`,
  )

  assert.deepEqual(await house.store.queue.record(claim.token, outcomes(claim, 'delivered')), {
    recorded: 2,
    lost: [],
  })
  assert.deepEqual(await states(delivery.queueId), ['delivered', 'delivered', 'waiting'])
  assert.equal(await house.store.queue.purge(0), 0)
  const rest = await claimOnly(['two.test'])
  await house.store.queue.record(rest.token, outcomes(rest, 'bounced'))
  assert.deepEqual(await states(delivery.queueId), ['delivered', 'delivered', 'bounced'])
  assert.equal(await house.store.queue.purge(3_600), 0)
  assert.equal(await house.store.queue.purge(-1), 1)
  assert.deepEqual(await states(delivery.queueId), [])
})

test('workers that claim at the same time get every recipient once', async () => {
  const ids: string[] = []
  for (let i = 0; i < 20; i++) {
    ids.push(await submit(Array.from({ length: 10 }, (_, n) => `r${n}@race${n % 4}.test`)))
  }
  const other = await house.another()
  const queues = [house.store.queue, other.queue]
  const claims = await Promise.all(
    Array.from({ length: 24 }, (_, i) =>
      queues[i % 2]?.claim({
        worker: `w${i}`,
        destinations: 3,
        perDestination: 7,
        leaseSeconds: 600,
      }),
    ),
  )
  const last = await house.store.queue.claim({
    worker: 'last',
    destinations: 100,
    perDestination: 1_000,
    leaseSeconds: 600,
  })
  const taken = [...claims, last].flatMap((claim) =>
    (claim?.messages ?? []).flatMap(({ queueId, recipients }) =>
      recipients.map(({ n }) => `${queueId} ${n}`),
    ),
  )
  const ours = taken.filter((key) => ids.includes(key.split(' ')[0] ?? ''))
  assert.equal(ours.length, 200)
  assert.equal(new Set(ours).size, 200)
  for (const claim of [...claims, last]) {
    if (claim !== undefined)
      await house.store.queue.record(claim.token, outcomes(claim, 'delivered'))
  }
})

test('destinations that wait longest come first, none gets more than its share, excepted ones nothing', async () => {
  await submit(Array.from({ length: 30 }, (_, i) => `a${i}@flood.test`))
  await submit(['b@late.test'])
  await submit(['c@busy.test'])
  const { queue } = house.store
  const request = {
    worker: 'w',
    destinations: 2,
    perDestination: 5,
    except: ['busy.test'],
    leaseSeconds: 600,
  }
  const claim = await queue.claim(request)
  const shares = claim.messages.map(({ destination, recipients }) => [
    destination,
    recipients.length,
  ])
  assert.deepEqual(Object.fromEntries(shares), { 'flood.test': 5, 'late.test': 1 })
  await queue.record(claim.token, outcomes(claim, 'delivered'))
  const chosen = await queue.claim({ ...request, except: [], only: ['busy.test', 'none.test'] })
  assert.deepEqual(
    chosen.messages.map(({ destination }) => destination),
    ['busy.test'],
  )
  await queue.release(chosen.token)
  await queue.drop({ destination: 'flood.test' })
  await queue.drop({ destination: 'busy.test' })
  assert.deepEqual((await queue.claim({ ...request, except: [] })).messages, [])
})

test('a lease that ran out is taken over, and its first holder can record nothing any more', async () => {
  await house.account(sender)
  const id = await submit(['x@lease.test'])
  const first = await claimOnly(['lease.test'], 0)
  const second = await claimOnly(['lease.test'], 600)
  assert.equal(second.messages[0]?.recipients[0]?.wasAbandoned, true)
  assert.equal(second.messages[0]?.recipients[0]?.attempt, 2)
  const steps = await house.store.trace.find({ subject: { by: 'queue-id', id } })
  const [unknown] = steps.filter(({ kind }) => kind === 'unknown')
  assert.match(String(unknown?.details['text']), /may have arrived/)
  assert.equal(await house.store.queue.renew(first.token, 600), 0)
  assert.equal(await house.store.queue.release(first.token), 0)
  const account = await house.store.accounts.show(sender)
  assert.ok(account)
  const to = [{ account: account.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }]
  const bounce = report([{ queueId: id, n: 1 }], to)
  const late = await house.store.queue.record(first.token, outcomes(first, 'bounced'), [bounce])
  assert.deepEqual(late, { recorded: 0, lost: [{ queueId: id, n: 1 }] })
  assert.equal(await inbox(sender), 0)
  assert.deepEqual(await states(id), ['active'])
  assert.equal(await house.store.queue.renew(second.token, 600), 1)
  const done = await house.store.queue.record(second.token, outcomes(second, 'bounced'), [bounce])
  assert.equal(done.recorded, 1)
  assert.equal(await inbox(sender), 1)
  assert.deepEqual(await states(id), ['bounced'])
  const again = await house.store.queue.record(second.token, outcomes(second, 'bounced'), [bounce])
  assert.equal(again.lost.length, 1)
  assert.equal(await inbox(sender), 1)
})

test('what was not tried is given back without counting; what a dead worker held is freed and counted', async () => {
  const id = await submit(['x@back.test', 'y@back.test'])
  const claim = await claimOnly(['back.test'])
  assert.equal(await house.store.queue.release(claim.token, [{ queueId: id, n: 2 }]), 1)
  const items = await house.store.queue.show(id)
  assert.deepEqual(
    items.map(({ state, attempts }) => [state, attempts]),
    [
      ['active', 1],
      ['waiting', 0],
    ],
  )
  assert.ok((await house.store.queue.workers()).includes('w'))
  assert.equal(await house.store.queue.abandon('somebody else'), 0)
  assert.equal(await house.store.queue.abandon('w'), 1)
  const next = await claimOnly(['back.test'])
  assert.deepEqual(
    next.messages[0]?.recipients.map(({ attempt, wasAbandoned }) => [attempt, wasAbandoned]),
    [
      [2, true],
      [1, false],
    ],
  )
  await house.store.queue.record(next.token, outcomes(next, 'delivered'))
})

test('what was not tried can be given back for later, and still counts as not tried', async () => {
  const id = await submit(['x@patient.test'])
  const claim = await claimOnly(['patient.test'])
  const items = [{ queueId: id, n: 1 }]
  assert.equal(await house.store.queue.release(claim.token, items, 3_600), 1)
  assert.deepEqual((await claimOnly(['patient.test'])).messages, [])
  const [item] = await house.store.queue.show(id)
  assert.deepEqual([item?.state, item?.attempts], ['waiting', 0])
  assert.ok((item?.nextAt?.getTime() ?? 0) > Date.now() + 3_000_000)
  await house.store.queue.drop({ queueIds: [id] })
})

test('deferred and unknown outcomes are tried again later, with the last words kept; a delay is told once', async () => {
  const id = await submit(['x@defer.test', 'y@defer.test'])
  const claim = await claimOnly(['defer.test'])
  const said = {
    host: 'mx\0.test',
    code: 451,
    enhanced: '4.7.1',
    text: `Grey\0listed\r\n\u001b[31m \ud800 ${'x'.repeat(5_000)}`,
  }
  const kinds = ['deferred', 'unknown'] as const
  const results = kinds.map((kind, i) => ({
    queueId: id,
    n: i + 1,
    kind,
    reply: said,
    retryInSeconds: 300,
  }))
  const delay = report([{ queueId: id, n: 1 }], [], 'delay')
  const queued = {
    ...delay,
    delivery: { ...delay.delivery, ...outboundDelivery('', ['told@defer-report.test']) },
  }
  assert.equal((await house.store.queue.record(claim.token, results, [queued])).recorded, 2)
  const items = await house.store.queue.show(id)
  assert.deepEqual(
    items.map(({ state, lastOutcome }) => [state, lastOutcome]),
    [
      ['waiting', 'deferred'],
      ['waiting', 'unknown'],
    ],
  )
  assert.equal(items[0]?.last?.text.length, 2_000)
  assert.match(items[0].last.text, /^Grey listed \n \[31m \ufffd x/)
  assert.ok(
    items.every(
      ({ nextAt, submittedAt }) => nextAt !== undefined && +nextAt - +submittedAt > 250_000,
    ),
  )
  assert.equal((await claimOnly(['defer.test'])).messages.length, 0)
  assert.equal((await house.store.queue.list({ destination: 'defer-report.test' }))[0]?.sender, '')
  assert.equal(await house.store.queue.retry({ queueIds: [id.toLowerCase()] }), 2)
  const again = await claimOnly(['defer.test'])
  assert.deepEqual(
    again.messages[0]?.recipients.map(({ attempt, isDelayTold, last }) => [
      attempt,
      isDelayTold,
      last?.code,
    ]),
    [
      [2, true, 451],
      [2, false, 451],
    ],
  )
  await house.store.queue.record(again.token, outcomes(again, 'delivered'))
  await house.store.queue.drop({ destination: 'defer-report.test' })
})

test('two workers that finish the last two recipients at once finish the message', async () => {
  for (let round = 0; round < 10; round++) {
    const id = await submit([`x@left${round}.test`, `y@right${round}.test`])
    const left = await claimOnly([`left${round}.test`])
    const right = await claimOnly([`right${round}.test`])
    await Promise.all(
      [left, right].map((claim) =>
        house.store.queue.record(claim.token, outcomes(claim, 'delivered')),
      ),
    )
    const [row] = await house.database.query(
      statement<{ readonly open: boolean }>(
        'test_open',
        'SELECT finished_at IS NULL AS open FROM queue_message WHERE queue_id = $1',
      ),
      [await uuidOf(id)],
    )
    assert.equal(row?.open, false)
  }
})

async function uuidOf(id: string): Promise<string | undefined> {
  const { uuidFromBase32 } = await import('./uuid-v7.ts')
  return uuidFromBase32(id)
}

test('operators hold, release and drop; a recipient under way keeps its outcome', async () => {
  const { queue } = house.store
  const id = await submit(['a@ops.test', 'b@ops.test', 'c@ops.test'])
  const claim = await queue.claim({
    worker: 'w',
    destinations: 1,
    perDestination: 1,
    leaseSeconds: 600,
  })
  assert.equal(await queue.hold({ queueIds: [id], state: 'waiting' }), 3)
  assert.equal(await queue.drop({ queueIds: [id], state: 'active' }), 0)
  assert.deepEqual(
    (await queue.list({ state: 'held' })).map(({ n }) => n),
    [1, 2, 3],
  )
  assert.deepEqual(
    (await queue.list({ state: 'active' })).map(({ n, worker }) => [n, worker]),
    [[1, 'w']],
  )
  const status = await queue.status()
  assert.deepEqual([status.active, status.held], [1, 3])
  assert.ok(status.oldestSeconds !== undefined && status.oldestSeconds >= 0)
  assert.ok(((await queue.nextDueMs(['ops.test'])) ?? Infinity) > 1_000)
  assert.equal(await queue.drop({ queueIds: [id] }), 2)
  await queue.record(claim.token, outcomes(claim, 'delivered'))
  assert.deepEqual(await states(id), ['delivered', 'dropped', 'dropped'])
})

test('filters mean what they say, and a mistyped id means nothing rather than everything', async () => {
  const { queue } = house.store
  const id = await submit(['x@filter.test'])
  const count = async (filter: Parameters<typeof queue.list>[0]) =>
    (await queue.list(filter)).length
  assert.equal(await count({ sender: 'ADA@example.test', destination: 'FILTER.test' }), 1)
  assert.equal(await count({ sender: 'bob@example.test' }), 0)
  assert.equal(await count({ destination: 'filter.test', olderThanSeconds: 3_600 }), 0)
  assert.equal(await count({ destination: 'filter.test', state: 'deferred' }), 0)
  assert.equal(await count({ queueIds: ['nonsense'] }), 0)
  assert.equal(await queue.drop({ queueIds: ['nonsense'] }), 0)
  assert.equal(await queue.drop({ queueIds: [] }), 0)
  assert.equal(await queue.drop({ queueIds: [id] }), 1)
  assert.deepEqual(await queue.show('nonsense'), [])
})

test('contents of many messages come whole: large, small, empty, shared and compressible ones', async () => {
  const bodies = ['', 'same', 'same', 'x'.repeat(900_000), randomBytes(700_000).toString('base64')]
  const ids: string[] = []
  for (const body of bodies) ids.push(await submit(['x@content.test'], body))
  const whole = await house.store.queue.contents(ids)
  ids.forEach((id, i) => {
    assert.equal(
      whole.get(id)?.toString(),
      `Received: here\r\nSubject: test\r\n\r\n${bodies[i]}\r\n`,
    )
  })
  await house.store.queue.drop({ destination: 'content.test' })
})

test('a worker is woken by a submission of another process, and told when something is due', async () => {
  const other = await house.another()
  const wakes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  let seen = 0
  const stop = other.queue.onWork(() => wakes[seen++]?.resolve())
  // The first call says that listening has begun.
  await wakes[0].promise
  // What ended while it was due is found to be over by the next claim.
  assert.deepEqual((await claimOnly(['wake.test'])).messages, [])
  assert.notEqual(await other.queue.nextDueMs(), 0)
  await submit(['x@wake.test'])
  await wakes[1].promise
  assert.equal(await other.queue.nextDueMs(), 0)
  stop()
  await house.store.queue.drop({ destination: 'wake.test' })
})

test('an ENVID or ORCPT with NUL and controls in it cannot stop a message', async () => {
  const recipients = [
    { address: 'x@xtext.test', originalRecipient: 'rfc822;a\0b\r\nInjected: yes' },
  ]
  const envelopeId = `\0\u001b[31m${'e'.repeat(10_000)}`
  await house.store.deliver(outboundDelivery(sender, recipients, 'Hi', { envelopeId }))
  const claim = await claimOnly(['xtext.test'])
  assert.equal(claim.messages[0]?.envelopeId?.length, 2_000)
  assert.match(claim.messages[0].envelopeId, /^ {2}\[31me/)
  const given = claim.messages[0].recipients[0]?.originalRecipient
  assert.equal(given, 'rfc822;a b  Injected: yes')
  await house.store.queue.record(claim.token, outcomes(claim, 'delivered'))
})

test('mail of a removed account is still in the queue', async () => {
  const account = await house.account('leaver@example.test')
  const delivery = outboundDelivery('leaver@example.test', ['x@leaver.test'], 'Bye', {
    account: account.id,
  })
  await house.store.deliver(delivery)
  await house.store.accounts.remove('leaver@example.test', actor)
  const claim = await claimOnly(['leaver.test'])
  assert.equal(claim.messages[0]?.account, account.id)
  await house.store.queue.record(claim.token, outcomes(claim, 'delivered'))
})
