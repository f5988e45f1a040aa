import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { FilterReputationTable } from './filter-reputation-table.ts'
import { FilterSimilarTable } from './filter-similar-table.ts'
import { purgeFilterMemory } from './filter-purge.ts'
import { unnamed } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { newUuid } from './uuid-v7.ts'

let house: StoreHouse
let reputation: FilterReputationTable
before(async () => {
  house = await openStoreHouse()
  reputation = new FilterReputationTable(house.database)
})
after(() => house.close())

const month = `UPDATE filter_reputation SET at = at - interval '30 days'`

test('an account’s experience with a sender is its own', async () => {
  const [ada, bob] = [newUuid(), newUuid()]
  await reputation.note(['d:shop.example', 'a:news@shop.example'], true, ada)
  await reputation.note(['d:shop.example'], true, ada)
  assert.deepEqual((await reputation.fame(['d:shop.example'], ada)).get('d:shop.example'), {
    spam: 2,
    ham: 0,
  })
  assert.equal((await reputation.fame(['d:shop.example'], bob)).size, 0)
  assert.equal((await reputation.fame(['d:shop.example'], undefined)).size, 0)
})

test('what was long ago counts half as much every month', async () => {
  const ada = newUuid()
  await reputation.note(['d:old.example'], false, ada)
  await house.database.execute(unnamed(month))
  const half = (await reputation.fame(['d:old.example'], ada)).get('d:old.example')
  assert.ok(half && Math.abs(half.ham - 0.5) < 0.01, JSON.stringify(half))
  await reputation.note(['d:old.example'], false, ada)
  const more = (await reputation.fame(['d:old.example'], ada)).get('d:old.example')
  assert.ok(more && Math.abs(more.ham - 1.5) < 0.01, JSON.stringify(more))
})

test('a correspondent is one for those who wrote to him', async () => {
  const [ada, bob] = [newUuid(), newUuid()]
  await reputation.wrote(ada, ['grace@elsewhere.example', 'alan@elsewhere.example'])
  await reputation.wrote(ada, ['grace@elsewhere.example'])
  const known = await reputation.correspondents([ada, bob], 'grace@elsewhere.example')
  assert.deepEqual([...known], [ada])
})

test('similar messages are counted by hour, over the hours that are asked for', async () => {
  const similar = new FilterSimilarTable(house.database)
  const now = Math.floor(Date.now() / 3_600_000)
  const notes = [
    { sketch: 7, seen: 2, spam: 0 },
    { sketch: 7, seen: 1, spam: 1 },
    { sketch: 8, seen: 1, spam: 0 },
  ]
  await similar.add(notes, now)
  await similar.add(notes, now - 30)
  assert.deepEqual((await similar.since([7, 9], now)).get(7), { seen: 3, spam: 1 })
  assert.deepEqual((await similar.since([7], now - 30)).get(7), { seen: 6, spam: 2 })
  await similar.add(notes, now - 60)
  await purgeFilterMemory(house.database)
  assert.deepEqual((await similar.since([7], now - 100)).get(7), { seen: 6, spam: 2 })
})
