import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { purgeFilterMemory } from './filter-purge.ts'
import { GreylistTable } from './greylist-table.ts'
import { unnamed } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { newUuid } from './uuid-v7.ts'

let house: StoreHouse
let greylist: GreylistTable
before(async () => {
  house = await openStoreHouse()
  greylist = new GreylistTable(house.database)
})
after(() => house.close())

const times = { afterSeconds: 120, withinSeconds: 86_400, keepSeconds: 30 * 86_400 }
const attempt = (sender: string, ...accounts: readonly string[]) =>
  greylist.attempt(sender, accounts, times)

/** As if so many seconds had gone by. */
async function pass(seconds: number): Promise<void> {
  await house.database.execute(
    unnamed(
      `UPDATE greylist SET first_at = first_at - make_interval(secs => $1), last_at = last_at - make_interval(secs => $1)`,
    ),
    [seconds],
  )
}

test('a sender waits, passes when it comes again in time, and passes from then on', async () => {
  const ada = newUuid()
  assert.equal(await attempt('d:one.example', ada), false)
  assert.equal(await attempt('d:one.example', ada), false)
  await pass(130)
  assert.equal(await attempt('d:two.example', ada), false)
  assert.equal(await attempt('d:one.example', ada), true)
  await pass(20 * 86_400)
  assert.equal(await attempt('d:one.example', ada), true)
  await pass(20 * 86_400)
  assert.equal(await attempt('d:one.example', ada), true, 'it was here twenty days ago')
  await pass(31 * 86_400)
  assert.equal(await attempt('d:one.example', ada), false)
})

test('coming again too late is coming for the first time', async () => {
  const ada = newUuid()
  assert.equal(await attempt('d:late.example', ada), false)
  await pass(90_000)
  assert.equal(await attempt('d:late.example', ada), false)
  await pass(130)
  assert.equal(await attempt('d:late.example', ada), true)
})

test('a sender that passes for one account passes for all of the message', async () => {
  const [ada, bob] = [newUuid(), newUuid()]
  assert.equal(await attempt('d:both.example', ada), false)
  await pass(130)
  assert.equal(await attempt('d:both.example', bob), false)
  assert.equal(await attempt('d:both.example', bob, ada, ada), true)
  assert.equal(await attempt('d:both.example', bob), true)
})

test('many at once keep out of each other’s way', async () => {
  const accounts = Array.from({ length: 20 }, () => newUuid())
  const many = Array.from({ length: 20 }, (_, i) =>
    attempt('d:many.example', ...accounts.slice(i), ...accounts.slice(0, i).toReversed()),
  )
  assert.ok((await Promise.all(many)).every((passes) => !passes))
})

test('what is old is forgotten', async () => {
  await attempt('d:old.example', newUuid())
  await pass(31 * 86_400)
  await attempt('d:new.example', newUuid())
  assert.ok((await purgeFilterMemory(house.database)) > 0)
  const [row] = await house.database.query(unnamed('SELECT count(*)::int AS count FROM greylist'))
  assert.deepEqual(Object.values(row ?? {}), [1])
})
