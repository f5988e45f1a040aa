import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Account } from './accounts.ts'
import type { Delivery } from './delivery.ts'
import { tupleStatement } from './statement.ts'
import { messageNamed } from './testing/mailbox-house.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { keepTracePartitions } from './trace-partitions.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'
import type { MessageVerdict } from './verdicts.ts'

let house: StoreHouse
let ada: Account
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
})
after(() => house.close())

const verdict: MessageVerdict = {
  direction: 'inbound',
  action: 'junk',
  points: 6.5,
  junkAt: 6,
  reason: 'spam',
  findings: [
    { symbol: 'BAYES_SPAM', points: 5, reason: 'reads like spam: "offer", "free"' },
    { symbol: 'NO_DATE', points: 1.5, reason: 'there is no Date' },
  ],
  stages: [
    { name: 'classifier', outcome: 'done', ms: 2 },
    { name: 'clamd', outcome: 'timed-out', ms: 5000, because: 'no answer' },
  ],
  authentication: {
    authenticated: ['example.org'],
    evidence: [{ name: 'example.org', type: 'TXT', kind: 'records', records: ['v=spf1 -all'] }],
  },
}

function judged(said: MessageVerdict, name = 'judged'): Delivery {
  const octets = messageNamed(name)
  return {
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    origin: { door: 'mx', sender: 'stranger@example.org' },
    recipients: [{ account: ada.id, mailbox: '\\Junk', prefix: Buffer.alloc(0), flags: [] }],
    verdict: said,
  }
}

test('a delivery’s verdict is kept whole, and found by its queue id', async () => {
  const delivery = judged(verdict)
  await house.store.deliver(delivery)
  const kept = await house.store.verdicts.find(delivery.queueId)
  const { queueId } = delivery
  assert.deepEqual(kept, { ...verdict, queueId, at: kept?.at, isCut: false })
  assert.equal(await house.store.verdicts.find(uuidToBase32(newUuid())), undefined)
  assert.equal(await house.store.verdicts.find('no id'), undefined)
})

test('the trace tells of the filter before it tells of the delivery', async () => {
  const delivery = judged(verdict, 'traced')
  await house.store.deliver(delivery)
  for (const subject of [
    { by: 'queue-id', id: delivery.queueId },
    { by: 'message-id', id: '<traced@example.org>' },
  ] as const) {
    const [filtered, delivered] = await house.store.trace.find({ subject })
    assert.deepEqual(filtered?.details, {
      direction: 'inbound',
      action: 'junk',
      points: 6.5,
      reason: 'spam',
      findings: ['BAYES_SPAM 5', 'NO_DATE 1.5'],
    })
    assert.deepEqual([filtered.kind, delivered?.kind], ['filtered', 'delivered'])
    assert.equal(delivered?.mailbox, 'Junk')
  }
})

test('a message that was refused leaves its verdict and a step that says what it was told', async () => {
  const queueId = uuidToBase32(newUuid())
  await house.store.verdicts.refuse({
    queueId,
    origin: { door: 'mx', sender: 'stranger@example.org', client: '192.0.2.1' },
    recipients: [ada.address],
    size: 4,
    messageId: '<refused@example.org>',
    subject: 'cheap pills',
    reply: { code: 554, enhanced: '5.7.1', text: 'This looks like spam.' },
    verdict: { ...verdict, action: 'reject' },
  })
  const subject = { by: 'message-id', id: '<refused@example.org>' } as const
  const [filtered, refused] = await house.store.trace.find({ subject })
  assert.deepEqual([filtered?.details['action'], refused?.kind], ['reject', 'refused'])
  assert.equal(refused?.details['code'], 554)
  const byQueue = await house.store.trace.find({ subject: { by: 'queue-id', id: queueId } })
  assert.equal(byQueue.length, 2)
})

test('a refusal stands in the trace of every account that the message was for', async () => {
  const bob = await house.account('bob@example.test')
  const queueId = uuidToBase32(newUuid())
  await house.store.verdicts.refuse({
    queueId,
    origin: { door: 'mx', sender: 'stranger@example.org' },
    recipients: [ada.address, bob.address],
    accounts: [ada.id, bob.id],
    size: 4,
    messageId: null,
    subject: '',
    reply: { code: 451, enhanced: '4.7.1', text: 'Try again.' },
    verdict: { ...verdict, action: 'defer' },
  })
  for (const { address } of [ada, bob]) {
    const steps = await house.store.trace.find({ subject: { by: 'address', address } })
    const mine = steps.filter((step) => step.queueId === queueId)
    assert.deepEqual(
      mine.map(({ kind }) => kind),
      ['filtered', 'refused'],
    )
    assert.equal(mine[1]?.details['text'], 'Try again.')
  }
})

const sizeStatement = tupleStatement<readonly [number]>(
  'test_verdict_size',
  `SELECT max(octet_length(details::text)) FROM verdict`,
)

test('whatever strangers wrote, a verdict is kept, and is not larger than its bound', async () => {
  const nasty = `\0\ud800"\\\u001b${'\u{1f600}'.repeat(3_000)}`
  const many = Array.from({ length: 4_000 }, (_, i) => ({
    symbol: `SYMBOL_${i}`,
    points: 0.1,
    reason: nasty,
  }))
  const evidence = Array.from({ length: 300 }, () => ({ name: nasty, records: [nasty, nasty] }))
  const hostile: MessageVerdict[] = [
    { ...verdict, text: nasty, findings: many.slice(0, 2) },
    { ...verdict, authentication: { authenticated: ['a.test'], evidence } },
    { ...verdict, authentication: { authenticated: evidence.map(() => nasty), evidence } },
    { ...verdict, findings: many, text: nasty, reason: nasty },
    {
      ...verdict,
      findings: many,
      stages: many.map(() => ({ name: nasty, outcome: nasty, ms: 1, because: nasty })),
    },
  ]
  const deliveries = hostile.map((said, i) => judged(said, `hostile${i}`))
  await Promise.all(deliveries.map((delivery) => house.store.deliver(delivery)))
  const kept = await Promise.all(
    deliveries.map(({ queueId }) => house.store.verdicts.find(queueId)),
  )
  assert.deepEqual(
    kept.map((one) => [one?.action, one?.isCut]),
    [false, true, true, true, true].map((isCut) => ['junk', isCut]),
  )
  assert.deepEqual(kept[1]?.authentication?.authenticated, ['a.test'])
  assert.ok(kept.every((one) => (one?.findings.length ?? 0) > 0))
  const [row] = await house.database.query(sizeStatement)
  assert.ok((row?.[0] ?? Infinity) <= 64 * 1024, `${row?.[0]} octets`)
})

test('statistics count actions, and symbols with what they came to', async () => {
  const other = await house.another()
  const { actions, symbols } = await other.verdicts.statistics(new Date(Date.now() - 60_000))
  assert.ok(actions.some(({ action, messages }) => action === 'reject' && messages === 1))
  const bayes = symbols.find(({ symbol }) => symbol === 'BAYES_SPAM')
  assert.ok(bayes !== undefined && bayes.messages >= 3 && bayes.averagePoints === 5)
  // One was put off, and is no word on it yet.
  assert.equal(bayes.unwanted, bayes.messages - 1)
  assert.deepEqual((await other.verdicts.statistics(new Date(Date.now() + 60_000))).actions, [])
})

const partitionsStatement = tupleStatement<readonly [string]>(
  'test_verdict_partitions',
  `SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'verdict'::regclass ORDER BY 1`,
)

test('verdicts have partitions ahead, and go with those of the trace', async () => {
  const names = async (): Promise<readonly string[]> =>
    (await house.database.query(partitionsStatement)).map(([name]) => name)
  const today = `verdict_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
  assert.ok((await names()).includes(today))
  // As if today were over: days are kept for less than no time.
  await keepTracePartitions(house.database, -1)
  assert.ok(!(await names()).includes(today))
  await keepTracePartitions(house.database)
  assert.ok((await names()).includes(today))
  const delivery = judged(verdict, 'again')
  await house.store.deliver(delivery)
  assert.ok(await house.store.verdicts.find(delivery.queueId))
})
