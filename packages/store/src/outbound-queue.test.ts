import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { statement } from './statement.ts'
import { openQueueHouse, outcomes, report, sender, type QueueHouse } from './testing/queue-house.ts'
import { actor, outboundDelivery } from './testing/store-house.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'

let house: QueueHouse

before(async () => {
  house = await openQueueHouse()
})
after(() => house.close())

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
  assert.deepEqual(await house.states(delivery.queueId), ['waiting', 'waiting', 'waiting'])

  const claim = await house.claimOnly(['one.test'])
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
  assert.deepEqual(await house.states(delivery.queueId), ['delivered', 'delivered', 'waiting'])
  assert.equal(await house.store.queue.purge(0), 0)
  const rest = await house.claimOnly(['two.test'])
  await house.store.queue.record(rest.token, outcomes(rest, 'bounced'))
  assert.deepEqual(await house.states(delivery.queueId), ['delivered', 'delivered', 'bounced'])
  assert.equal(await house.store.queue.purge(3_600), 0)
  assert.equal(await house.store.queue.purge(-1), 1)
  assert.deepEqual(await house.states(delivery.queueId), [])
})

test('deferred and unknown outcomes are tried again later, with the last words kept; a delay is told once', async () => {
  const id = await house.submit(['x@defer.test', 'y@defer.test'])
  const claim = await house.claimOnly(['defer.test'])
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
  assert.equal((await house.claimOnly(['defer.test'])).messages.length, 0)
  assert.equal((await house.store.queue.list({ destination: 'defer-report.test' }))[0]?.sender, '')
  assert.equal(await house.store.queue.retry({ queueIds: [id.toLowerCase()] }), 2)
  const again = await house.claimOnly(['defer.test'])
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
    const id = await house.submit([`x@left${round}.test`, `y@right${round}.test`])
    const left = await house.claimOnly([`left${round}.test`])
    const right = await house.claimOnly([`right${round}.test`])
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
  const id = await house.submit(['a@ops.test', 'b@ops.test', 'c@ops.test'])
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
  assert.deepEqual(await house.states(id), ['delivered', 'dropped', 'dropped'])
})

test('filters mean what they say, and a mistyped id means nothing rather than everything', async () => {
  const { queue } = house.store
  const id = await house.submit(['x@filter.test'])
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
  for (const body of bodies) ids.push(await house.submit(['x@content.test'], body))
  const whole = await house.store.queue.contents(ids)
  ids.forEach((id, i) => {
    assert.equal(
      whole.get(id)?.toString(),
      `Received: here\r\nSubject: test\r\n\r\n${bodies[i]}\r\n`,
    )
  })
  await house.store.queue.drop({ destination: 'content.test' })
})

test('an ENVID or ORCPT with NUL and controls in it cannot stop a message', async () => {
  const recipients = [
    { address: 'x@xtext.test', originalRecipient: 'rfc822;a\0b\r\nInjected: yes' },
  ]
  const envelopeId = `\0\u001b[31m${'e'.repeat(10_000)}`
  await house.store.deliver(outboundDelivery(sender, recipients, 'Hi', { envelopeId }))
  const claim = await house.claimOnly(['xtext.test'])
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
  const claim = await house.claimOnly(['leaver.test'])
  assert.equal(claim.messages[0]?.account, account.id)
  await house.store.queue.record(claim.token, outcomes(claim, 'delivered'))
})
