import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AccountId } from './ids.ts'
import type { Pop3Holding } from './pop3-sessions.ts'
import { statement } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { newUuid } from './uuid-v7.ts'

let house: StoreHouse
let account: AccountId
before(async () => {
  house = await openStoreHouse()
  account = (await house.account('ada@pop3.test')).id
})
after(() => house.close())

const alone = { isExclusive: true, delaySeconds: 0 }
const holding = (): Pop3Holding => ({ account, session: newUuid() })
const pass = statement(
  'test_time_passes',
  `UPDATE pop3_session SET held_until = held_until - interval '1 hour', login_at = login_at - interval '1 hour'`,
)

test('of many exclusive sessions that begin at once one is let in, and the next when it has ended', async () => {
  const other = await house.another()
  const holdings = Array.from({ length: 12 }, holding)
  const begun = await Promise.all(
    holdings.map((each, i) => (i % 2 === 0 ? house.store : other).pop3Sessions.begin(each, alone)),
  )
  const winners = holdings.filter((_, i) => begun[i]?.kind === 'begun')
  assert.equal(winners.length, 1)
  assert.equal(begun.filter(({ kind }) => kind === 'in-use').length, 11)
  const [winner = holding()] = winners
  const { pop3Sessions } = other
  // Who does not hold it can not let it go.
  await pop3Sessions.end(holding())
  const next = holding()
  assert.deepEqual(await pop3Sessions.begin(next, alone), { kind: 'in-use' })
  await pop3Sessions.end(winner)
  assert.deepEqual(await pop3Sessions.begin(next, alone), { kind: 'begun' })
  await pop3Sessions.end(next)
})

test('a session that is renewed keeps the maildrop, one that is not loses it', async () => {
  const { pop3Sessions } = house.store
  const first = holding()
  await pop3Sessions.begin(first, alone)
  assert.deepEqual(await pop3Sessions.renew([first, holding()]), new Set([first.session]))
  await house.database.execute(pass)
  const second = holding()
  assert.deepEqual(await pop3Sessions.begin(second, alone), { kind: 'begun' })
  assert.deepEqual(await pop3Sessions.renew([first, second]), new Set([second.session]))
  await pop3Sessions.end(second)
})

test('sign-ins keep their distance, exclusive or not', async () => {
  const { pop3Sessions } = house.store
  const delayed = { isExclusive: false, delaySeconds: 900 }
  await house.database.execute(pass)
  assert.equal((await pop3Sessions.begin(holding(), delayed)).kind, 'begun')
  const soon = await pop3Sessions.begin(holding(), delayed)
  assert.ok(soon.kind === 'too-soon' && soon.retrySeconds > 300 && soon.retrySeconds <= 900)
  const both = await pop3Sessions.begin(holding(), { isExclusive: true, delaySeconds: 900 })
  assert.equal(both.kind, 'too-soon')
  await house.database.execute(pass)
  const holder = holding()
  assert.equal((await pop3Sessions.begin(holder, { ...delayed, isExclusive: true })).kind, 'begun')
  // A session that excludes nobody leaves the holder its maildrop.
  assert.equal(
    (await pop3Sessions.begin(holding(), { ...alone, isExclusive: false })).kind,
    'begun',
  )
  assert.deepEqual(await pop3Sessions.begin(holding(), alone), { kind: 'in-use' })
  assert.deepEqual(await pop3Sessions.renew([holder]), new Set([holder.session]))
})
