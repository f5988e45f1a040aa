import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FilterLesson, FilterLessonChange } from './filter-learning.ts'
import { FilterTokenTable } from './filter-token-table.ts'
import { purgeFilterMemory } from './filter-purge.ts'
import { tupleStatement, unnamed } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { randomFrom } from './testing/random.ts'
import { newUuid } from './uuid-v7.ts'

let house: StoreHouse
let tokens: FilterTokenTable
before(async () => {
  house = await openStoreHouse()
  tokens = new FilterTokenTable(house.database)
})
after(() => house.close())

const nothing = { pull: 0, squares: 0 }
const manner = { pull: 30_000, squares: 900 }
const spam: FilterLesson = {
  isSpam: true,
  content: { pull: 40_000, squares: 1_600 },
  manner,
  version: 1,
}
const ham: FilterLesson = {
  isSpam: false,
  content: { pull: -60_000, squares: 3_600 },
  manner: { pull: -30_000, squares: 900 },
  version: 1,
}
let nextKey = 1

/** A change to a lesson, whose step takes back what was before; in its manner a message has one token of its own. */
function change(
  account: string | undefined,
  key: number,
  list: readonly number[],
  old: FilterLesson | undefined,
  now: FilterLesson | undefined,
): FilterLessonChange {
  const stepOf = (name: 'content' | 'manner') => {
    const [is, was] = [now?.[name] ?? nothing, old?.[name] ?? nothing]
    return { pull: is.pull - was.pull, squares: is.squares - was.squares }
  }
  const step = { content: stepOf('content'), manner: stepOf('manner') }
  const words = { content: list, manner: [mannerOf(key)] }
  return { account, key, tokens: words, before: old, after: now, step }
}

function mannerOf(key: number): number {
  return 1_000_000 + key
}

const sharedRows = tupleStatement<readonly [number, number, number, number, number]>(
  'test_shared',
  'SELECT token, pull, squares, spam_accounts, ham_accounts FROM filter_token ORDER BY token',
)

test('what an account teaches it sees in full, and others see a bounded share of', async () => {
  const [ada, bob] = [newUuid(), newUuid()]
  const list = [101, 102]
  for (let i = 0; i < 5; i++) {
    assert.equal(await tokens.teach(change(ada, nextKey++, list, undefined, spam)), true)
  }
  const seen = await tokens.recall([...list, 999], ada)
  assert.deepEqual(seen.own.get(101), { pull: 200_000, squares: 8_000 })
  assert.equal(seen.own.has(999), false)
  assert.deepEqual(seen.ownCounts, { spam: 5, ham: 0 })
  const other = await tokens.recall(list, bob)
  assert.deepEqual(other.shared.get(102), {
    pull: 50_000,
    squares: 2_500,
    spamAccounts: 1,
    hamAccounts: 0,
    house: nothing,
  })
  assert.equal(other.own.size, 0)
})

test('a lesson taught anew replaces the former, and one that is forgotten leaves nothing behind', async () => {
  const account = newUuid()
  const key = nextKey++
  const list = [201, 202, 203]
  assert.equal(await tokens.teach(change(account, key, list, undefined, spam)), true)
  const kept = { key, tokens: { content: list, manner: [mannerOf(key)] }, lesson: spam }
  assert.deepEqual(await tokens.lesson(key, account), kept)
  assert.deepEqual((await tokens.recall([mannerOf(key)], account)).own.get(mannerOf(key)), manner)
  assert.equal(await tokens.teach(change(account, key, list, spam, ham)), true)
  assert.deepEqual((await tokens.recall(list, account)).own.get(201), {
    pull: -60_000,
    squares: 3_600,
  })
  assert.deepEqual((await tokens.recall(list, account)).ownCounts, { spam: 0, ham: 1 })
  assert.equal(await tokens.teach(change(account, nextKey++, [299], undefined, spam)), true)
  assert.equal(await tokens.teach(change(account, key, list, ham, undefined)), true)
  assert.equal(await tokens.lesson(key, account), undefined)
  const { shared, own } = await tokens.recall(list, account)
  assert.deepEqual(own.get(201), nothing)
  assert.deepEqual(shared.get(201), {
    ...nothing,
    spamAccounts: 0,
    hamAccounts: 0,
    house: nothing,
  })
})

test('who taught nothing is asked for no words, and is once he has taught', async () => {
  const account = newUuid()
  assert.deepEqual((await tokens.recall([261], account)).own, new Map())
  await tokens.teach(change(account, nextKey++, [261], undefined, spam))
  assert.equal((await tokens.recall([261], account)).own.get(261)?.pull, spam.content.pull)
})

test('what all know is read anew after a lesson of this process, whatever was asked before', async () => {
  const account = newUuid()
  assert.equal((await tokens.recall([251], undefined)).shared.size, 0)
  await tokens.teach(change(account, nextKey++, [251], undefined, spam))
  assert.equal((await tokens.recall([251, 252], undefined)).shared.get(251)?.spamAccounts, 1)
  await tokens.teach(change(undefined, nextKey++, [251], undefined, ham))
  assert.deepEqual((await tokens.recall([251], undefined)).shared.get(251)?.house, {
    pull: -60_000,
    squares: 3_600,
  })
})

test('a lesson is found again by its kind, from its key on, for its teacher alone', async () => {
  const account = newUuid()
  await tokens.teach(change(account, 5_000, [261, 262], undefined, spam))
  await tokens.teach(change(account, 6_000, [263], undefined, ham))
  const found = await tokens.rehearsal(account, true, 0)
  const words = { content: [261, 262], manner: [mannerOf(5_000)] }
  assert.deepEqual(found, { key: 5_000, tokens: words, lesson: spam })
  assert.equal((await tokens.rehearsal(account, false, 5_001))?.key, 6_000)
  assert.equal((await tokens.rehearsal(account, undefined, 5_000))?.key, 5_000)
  assert.equal((await tokens.rehearsal(account, undefined, 5_001))?.key, 6_000)
  assert.equal(await tokens.rehearsal(account, true, 5_001), undefined)
  assert.equal(await tokens.rehearsal(newUuid(), true, 0), undefined)
})

test('of two who teach the same message at one moment, one is told to look again', async () => {
  const account = newUuid()
  const key = nextKey++
  const twice = await Promise.all([
    tokens.teach(change(account, key, [301], undefined, spam)),
    tokens.teach(change(account, key, [301], undefined, spam)),
  ])
  assert.deepEqual(twice.toSorted(), [false, true])
  assert.equal(await tokens.teach(change(account, key, [301], undefined, ham)), false)
  assert.equal(await tokens.teach(change(account, key, [301], ham, undefined)), false)
  assert.deepEqual((await tokens.recall([301], account)).own.get(301), {
    pull: 40_000,
    squares: 1_600,
  })
})

test('what the house learns stands apart from the accounts, in full', async () => {
  for (let i = 0; i < 5; i++)
    await tokens.teach(change(undefined, nextKey++, [401], undefined, ham))
  const { shared, sharedCounts } = await tokens.recall([401], undefined)
  assert.deepEqual(shared.get(401), {
    ...nothing,
    spamAccounts: 0,
    hamAccounts: 0,
    house: { pull: -300_000, squares: 18_000 },
  })
  assert.ok(sharedCounts.ham >= 5)
})

test('what all see is the sum of the shares, whoever teaches and takes back at the same time', async (t) => {
  const seed = Number(process.env['POSTHOUSE_SEED'] ?? Date.now() % 1e9)
  t.diagnostic(`seed ${seed}`)
  const below = randomFrom(seed)
  const accounts = Array.from({ length: 6 }, () => newUuid())
  const words = Array.from({ length: 40 }, (_, i) => 10_000 + i)
  const teachAll = async (account: string): Promise<void> => {
    const known = new Map<number, { list: readonly number[]; lesson: FilterLesson }>()
    for (let n = 0; n < 25; n++) {
      const key = 1_000 + below(6)
      const old = known.get(key)
      const list = old?.list ?? words.filter(() => below(2) === 0)
      const now =
        below(4) === 0
          ? undefined
          : {
              ...(below(2) === 0 ? spam : ham),
              content: { pull: below(90_000) - 45_000, squares: 1_600 },
            }
      if (old === undefined && now === undefined) continue
      assert.equal(await tokens.teach(change(account, key, list, old?.lesson, now)), true)
      if (now === undefined) known.delete(key)
      else known.set(key, { list, lesson: now })
    }
  }
  await Promise.all(accounts.map(teachAll))
  const owns = await Promise.all(accounts.map((account) => tokens.recall(words, account)))
  for (const row of await house.database.query(sharedRows)) {
    const [token, pull, squares, spamAccounts, hamAccounts] = row
    if (token < 10_000 || token > 1_000_000) continue
    const sums = owns.flatMap(({ own }) => own.get(token) ?? [])
    const shares = sums.map((each) => Math.max(-50_000, Math.min(50_000, each.pull)))
    assert.equal(
      pull,
      shares.reduce((a, b) => a + b, 0),
      `pull of ${token}`,
    )
    const squared = sums.map((each) => Math.min(2_500, each.squares))
    assert.equal(
      squares,
      squared.reduce((a, b) => a + b, 0),
      `squares of ${token}`,
    )
    assert.equal(spamAccounts, sums.filter((each) => each.pull > 0).length, `spam of ${token}`)
    assert.equal(hamAccounts, sums.filter((each) => each.pull < 0).length, `ham of ${token}`)
  }
})

test('housekeeping forgets what nobody touched for long, and the oldest of too much', async () => {
  const account = newUuid()
  const old = nextKey++
  await tokens.teach(change(account, old, [501, 502], undefined, spam))
  const age = (days: number) =>
    house.database.execute(
      unnamed(
        `UPDATE filter_account_token SET touched = current_date - ${days} WHERE account_id = $1`,
      ),
      [account],
    )
  await age(250)
  await house.database.execute(
    unnamed(`UPDATE filter_lesson SET at = now() - interval '250 days' WHERE account_id = $1`),
    [account],
  )
  await tokens.teach(change(account, nextKey++, [502, 503], undefined, ham))
  await purgeFilterMemory(house.database)
  assert.deepEqual(
    [...(await tokens.recall([501, 502, 503], account)).own.keys()].toSorted((a, b) => a - b),
    [502, 503],
  )
  assert.equal(await tokens.lesson(old, account), undefined)

  const many = Array.from({ length: 50 }, (_, i) => 600 + i)
  await tokens.teach(change(account, nextKey++, many, undefined, spam))
  await age(100)
  await tokens.teach(change(account, nextKey++, [700], undefined, spam))
  await purgeFilterMemory(house.database, { shared: 1_000_000, own: 40 })
  assert.deepEqual([...(await tokens.recall([...many, 700], account)).own.keys()], [700])
})
