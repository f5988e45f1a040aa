import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { changeStep } from './queue-change-statements.ts'
import { byIndex, claimDue, claimNamed } from './queue-claim-statements.ts'
import { OutboundQueue } from './outbound-queue.ts'
import { noteDue } from './queue-destinations.ts'
import { unnamed } from './statement.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'
import { newUuid } from './uuid-v7.ts'

let house: StoreHouse
let filled = 0

before(async () => {
  house = await openStoreHouse({ limits: { connections: 1 } })
})
after(() => house.close())

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly Plans?: readonly Plan[]
}

/** Messages of twenty. Half is for one destination, a fifth due tomorrow, some paused, the rest for others, ten each. */
async function grow(size: number): Promise<void> {
  for (; filled < size; filled += 1_000) {
    const parts = Array.from({ length: 50 }, (_, i) => filled + i * 20)
    await Promise.all(parts.map(submitFrom))
  }
  for (let n = 0; n < 50; n++)
    await house.store.queue.pause(`d${n}.test`, { because: 'test' }, actor)
  await house.database.execute(
    unnamed('VACUUM ANALYZE queue_recipient, queue_destination, queue_message'),
  )
}

async function submitFrom(first: number): Promise<void> {
  const addresses = Array.from({ length: 20 }, (_, i) => addressOf(first + i))
  const releaseAt = new Date(Date.now() + 86_400_000)
  const later = first % 100 === 20 ? { releaseAt } : {}
  await house.store.deliver(outboundDelivery('ada@example.test', addresses, `${first}`, later))
}

function addressOf(n: number): string {
  return n % 2 === 0 ? `r${n}@flood.test` : `r${n}@d${Math.floor(n / 20)}.test`
}

const claimValues = [['busy.test'], 20, 100, newUuid(), 'w', 600]

/** The plan of one claim, and what it read; nothing is kept of it. */
async function explain(text: string, values: readonly unknown[]): Promise<Plan> {
  class Undo extends Error {}
  let plan: Plan | undefined
  await assert.rejects(
    house.database.transact(async (tx) => {
      await tx.execute(unnamed('SET LOCAL plan_cache_mode = force_generic_plan'))
      await tx.execute(byIndex)
      const analyze = unnamed<readonly [readonly [{ readonly Plan: Plan }]]>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        'array',
      )
      const [row] = await tx.query(analyze, values)
      plan = row?.[0][0].Plan
      throw new Undo()
    }),
    Undo,
  )
  return plan ?? assert.fail('no plan')
}

function* nodesOf(plan: Plan): Generator<Plan> {
  yield plan
  for (const child of plan.Plans ?? []) yield* nodesOf(child)
}

const blocksOf = (plan: Plan): number =>
  (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)

test('a claim reads as much of a large queue as of a small one, and finds all of it by indexes', async (t) => {
  await grow(4_000)
  const small = blocksOf(await explain(claimDue.text, claimValues))
  await grow(process.env['POSTHOUSE_TEST_LONG'] === '1' ? 1_000_000 : 60_000)
  const plan = await explain(claimDue.text, claimValues)
  t.diagnostic(`${small} blocks of 4,000 recipients, ${blocksOf(plan)} of ${filled}`)
  assert.ok(blocksOf(plan) < 2 * small, `${blocksOf(plan)} blocks instead of ${small}`)
  const large = ['queue_recipient', 'queue_destination', 'queue_message']
  for (const node of nodesOf(plan)) {
    if (!large.includes(node['Relation Name'] ?? '')) continue
    assert.notEqual(node['Node Type'], 'Seq Scan', JSON.stringify(node))
  }
  const named = await explain(claimNamed.text, [...claimValues, ['d100.test', 'd101.test']])
  assert.ok(blocksOf(named) < small, `${blocksOf(named)} blocks for two destinations`)
})

test('a command to a large queue goes by steps, and reaches all that it means', async () => {
  await grow(4_000)
  const { queue } = house.store
  const all = (await queue.list({ destination: 'flood.test', limit: 1_000_000 })).length
  assert.ok(all > changeStep)
  const why = { by: 'operator', because: 'too much' } as const
  assert.equal(await queue.hold({ destination: 'flood.test' }, why, actor), all)
  const steps = await house.store.audit.list({ limit: 10_000, object: 'queue' })
  const held = steps.filter(({ action }) => action === 'queue.held')
  // A step takes whole messages: now and then a few recipients more than its thousand.
  const most = Math.ceil(all / changeStep)
  assert.ok(held.length > most * 0.9 && held.length <= most, `${held.length} of ${most} steps`)
  assert.equal(await queue.hold({ destination: 'flood.test' }, why, actor), 0)
  assert.equal(await queue.unhold({ destination: 'flood.test' }), all)
})

const preparedStatement = unnamed<readonly [string, number]>(
  `SELECT name, cardinality(parameter_types) FROM pg_prepared_statements`,
  'array',
)

/** What is asked for by people, and may read all that waits. */
const sweeping = /^(queue_(list|status|stats|rules|pauses)|suppression_(list|forget)|test_|check_)/

test('every statement of a message’s way through the queue finds its rows by an index', async () => {
  await grow(4_000)
  await useQueue()
  for (const setting of ['enable_seqscan = off', 'plan_cache_mode = force_generic_plan'])
    await house.database.execute(unnamed(`SET ${setting}`))
  await house.database.execute(unnamed('DISCARD PLANS'))
  const names: string[] = []
  for (const [name, count] of await house.database.query(preparedStatement)) {
    if (!/^(queue|suppression)_/.test(name) || sweeping.test(name)) continue
    names.push(name)
    const values = count === 0 ? '' : `(${Array(count).fill('NULL').join(', ')})`
    const explained = unnamed<readonly [string]>(`EXPLAIN EXECUTE "${name}" ${values}`, 'array')
    const lines = await house.database.query(explained)
    const plan = lines.map(([line]) => line).join('\n')
    // Rules are few, and each of them counts.
    const rest = plan.replaceAll(/Scan (using \w+ )?on queue_rule.*/g, '')
    assert.doesNotMatch(rest, /Seq Scan on \w/, `${name}:\n${plan}`)
  }
  const some = ['queue_claim', 'queue_record', 'queue_note_due', 'queue_settle', 'queue_next_due']
  for (const expected of [...some, 'queue_renew', 'queue_release', 'queue_finish', 'queue_purge'])
    assert.ok(names.includes(expected), `${expected} is not among ${names.join(' ')}`)
})

/** On the one connection of `house.database`, so that it knows every statement. */
async function useQueue(): Promise<void> {
  const queue = new OutboundQueue(house.database, () => Promise.reject(new Error('no reports')))
  const request = { worker: 'w', destinations: 5, perDestination: 10, leaseSeconds: 60 }
  const claim = await queue.claim(request)
  const [message] = claim.messages
  assert.ok(message)
  const { queueId, recipients } = message
  await queue.renew(claim.token, 60)
  await queue.contents([queueId], { isToBeSent: true })
  const reply = { host: 'mx', code: 550, enhanced: '5.1.1', text: 'no' }
  const n = recipients[0]?.n ?? 0
  await queue.record(claim.token, [{ queueId, n, kind: 'bounced', reply }])
  await queue.release(claim.token)
  await queue.nextDueMs()
  await queue.purge(0)
  await house.database.transact((tx) => noteDue(tx, new Map([['noted.test', null]])))
  await queue.claim({ ...request, only: ['noted.test'] })
}
