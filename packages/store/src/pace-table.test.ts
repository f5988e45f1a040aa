import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PaceState } from './pace.ts'
import { statement } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

function stateOf(provider: string, more: Partial<PaceState> = {}): PaceState {
  return {
    provider,
    source: '192.0.2.1',
    connections: 2.5,
    rate: undefined,
    ramp: 20,
    rampAt: new Date('2026-01-02T03:04:05Z'),
    suspendedUntil: undefined,
    suspendedSince: undefined,
    suspensions: 0,
    isResigned: false,
    because: undefined,
    last: undefined,
    maxRecipients: undefined,
    maxMessages: undefined,
    ...more,
  }
}

const known = async (provider: string) =>
  (await house.store.pace.read()).filter((each) => each.provider === provider)

test('what one worker learnt of a provider another reads, by our address there', async () => {
  const { pace } = house.store
  const complaint = {
    rate: 30,
    because: 'rate',
    suspensions: 2,
    suspendedSince: new Date('2026-01-02T00:00:00Z'),
    suspendedUntil: new Date('2026-01-02T01:00:00Z'),
    last: {
      at: new Date('2026-01-01T00:00:00Z'),
      host: 'mx.one.test',
      code: 421,
      enhanced: '4.7.28',
      text: 'slow down\u0000',
    },
    maxRecipients: 10,
    maxMessages: 50,
  } as const
  const state = stateOf('one.test', complaint)
  await pace.write('w1', [
    { state, delivered: 3 },
    { state: { ...stateOf('one.test'), source: '192.0.2.2' }, delivered: 0 },
  ])
  await pace.write('w2', [{ state, delivered: 4 }])
  const rows = await known('one.test')
  assert.equal(rows.length, 2)
  const row = rows.find(({ source }) => source === '192.0.2.1')
  assert.ok(row !== undefined)
  const { delivered, worker, changedAt: _, ...rest } = row
  assert.deepEqual([delivered, worker], [7, 'w2'])
  assert.deepEqual(rest, { ...state, last: { ...complaint.last, text: 'slow down ' } })
})

test('only what changed lately is read again, and what was not used for long goes', async () => {
  const { pace } = house.store
  await pace.write('w', [
    { state: stateOf('old.test'), delivered: 0 },
    { state: stateOf('new.test'), delivered: 0 },
  ])
  await house.database.execute(
    statement(
      'test_pace_old',
      `UPDATE pace SET changed_at = now() - interval '1 day' WHERE provider = 'old.test'`,
    ),
  )
  const lately = (await pace.read(3_600)).map(({ provider }) => provider)
  assert.ok(lately.includes('new.test'))
  assert.ok(!lately.includes('old.test'))
  assert.equal(await pace.purge(3_600), 1)
  assert.deepEqual(await known('old.test'), [])
})

test('one worker alone sends the message that finds out, and not before its time', async () => {
  const { pace } = house.store
  const later = new Date(Date.now() + 3_600_000)
  await pace.write('w', [
    { state: stateOf('due.test', { suspendedUntil: new Date(0) }), delivered: 0 },
    { state: stateOf('later.test', { suspendedUntil: later }), delivered: 0 },
  ])
  const taken = await Promise.all(
    Array.from({ length: 8 }, () => pace.takeProbe('due.test', '192.0.2.1', 600)),
  )
  assert.equal(taken.filter(Boolean).length, 1)
  assert.equal(await pace.takeProbe('later.test', '192.0.2.1', 600), false)
})

test('an operator resumes a provider, and workers are woken', async (t) => {
  const { pace } = house.store
  const woken = Promise.withResolvers<void>()
  t.after(pace.onResume(woken.resolve))
  const suspended = { suspendedUntil: new Date(Date.now() + 9e6), suspensions: 3, rate: 1 }
  await pace.write('w', [{ state: stateOf('back.test', suspended), delivered: 0 }])
  assert.equal(await pace.resume('back.test', actor), 1)
  assert.equal(await pace.resume('nobody.test', actor), 0)
  await woken.promise
  const [row] = await known('back.test')
  assert.deepEqual([row?.suspendedUntil, row?.suspensions, row?.rate], [undefined, 0, undefined])
})

test('suspended providers stand first in the list', async () => {
  const { pace } = house.store
  await pace.write('w', [
    { state: stateOf('a.test'), delivered: 0 },
    { state: stateOf('z.test', { suspendedUntil: new Date(Date.now() + 9e9) }), delivered: 0 },
  ])
  assert.equal((await pace.list())[0]?.provider, 'z.test')
})

test('workers that live are counted by the address that they send from', async () => {
  const { pace } = house.store
  await pace.beat('one', ['10.0.0.1'])
  await pace.beat('two', ['10.0.0.1', '10.0.0.2'])
  await pace.beat('gone', ['10.0.0.1'])
  await house.database.execute(
    statement(
      'test_pace_gone',
      `UPDATE pace_worker SET seen_at = now() - interval '2 minutes' WHERE worker = 'gone'`,
    ),
  )
  const counts = await pace.beat('one', ['10.0.0.1', '10.0.0.2'])
  assert.equal(counts.get('10.0.0.1'), 2)
  assert.equal(counts.get('10.0.0.2'), 2)
})
