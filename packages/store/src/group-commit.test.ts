import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { GroupCommit } from './group-commit.ts'

const limits = { units: 3, bytes: 100, loneBytes: 50, lanes: 1, patienceMs: 60_000 }

/** Commits when told to, and remembers its groups. */
function heldCommit() {
  const groups: (readonly string[])[] = []
  const releases: (() => void)[] = []
  const commit = async (units: readonly string[]) => {
    groups.push(units)
    await new Promise<void>((resolve) => releases.push(resolve))
    return units.map((value) =>
      value === 'bad'
        ? ({ ok: false, error: new Error('bad') } as const)
        : ({ ok: true, value: value.toUpperCase() } as const),
    )
  }
  return { groups, commit, release: () => releases.shift()?.() }
}

test('a lone unit goes at once, and what comes meanwhile gathers', async () => {
  const { groups, commit, release } = heldCommit()
  const group = new GroupCommit(commit, limits)
  const first = group.submit('a', 1)
  await nextTurn()
  assert.deepEqual(groups, [['a']])
  const rest = Promise.all(['b', 'c', 'd', 'e'].map((unit) => group.submit(unit, 1)))
  await nextTurn()
  assert.equal(groups.length, 1)
  release()
  assert.equal(await first, 'A')
  await nextTurn()
  release()
  await nextTurn()
  release()
  assert.deepEqual(await rest, ['B', 'C', 'D', 'E'])
  assert.deepEqual(groups, [['a'], ['b', 'c', 'd'], ['e']])
})

test('a group is bounded by octets, and a large unit goes alone', async () => {
  const { groups, commit, release } = heldCommit()
  const group = new GroupCommit(commit, limits)
  const all = Promise.all([
    group.submit('a', 40),
    group.submit('b', 40),
    group.submit('c', 40),
    group.submit('large', 60),
    group.submit('d', 1),
  ])
  for (let i = 0; i < 4; i++) {
    await nextTurn()
    release()
  }
  await all
  assert.deepEqual(groups, [['a', 'b'], ['c'], ['large'], ['d']])
})

test('units over several connections that come in one turn of the event loop go together', async () => {
  const { groups, commit, release } = heldCommit()
  const group = new GroupCommit(commit, { ...limits, lanes: 2 })
  const all = Promise.all([
    group.submit('a', 1),
    Promise.resolve().then(() => group.submit('b', 1)),
    Promise.resolve()
      .then(() => undefined)
      .then(() => group.submit('c', 1)),
  ])
  await nextTurn()
  assert.deepEqual(groups, [['a', 'b', 'c']])
  release()
  await all
})

test('while a group is under way, another one goes only when it is whole', async () => {
  const { groups, commit, release } = heldCommit()
  const group = new GroupCommit(commit, { ...limits, lanes: 2 })
  const all = [group.submit('a', 1)]
  await nextTurn()
  all.push(group.submit('b', 1), group.submit('c', 1))
  await nextTurn()
  assert.deepEqual(groups, [['a']])
  all.push(group.submit('d', 1), group.submit('e', 1))
  await nextTurn()
  assert.deepEqual(groups, [['a'], ['b', 'c', 'd']])
  release()
  await nextTurn()
  assert.deepEqual(groups.at(-1), ['e'])
  release()
  release()
  await Promise.all(all)
})

test('a unit that waits too long for a group that does not end goes by itself', async () => {
  const { groups, commit, release } = heldCommit()
  const group = new GroupCommit(commit, { ...limits, lanes: 2, patienceMs: 1 })
  const all = Promise.all([group.submit('a', 1), nextTurn().then(() => group.submit('b', 1))])
  while (groups.length < 2) await nextTurn()
  assert.deepEqual(groups, [['a'], ['b']])
  release()
  release()
  await all
})

test('a bad unit costs only itself', async () => {
  const { commit, release } = heldCommit()
  const group = new GroupCommit(commit, limits)
  const outcomes = Promise.allSettled([
    group.submit('a', 1),
    group.submit('bad', 1),
    group.submit('c', 1),
  ])
  await nextTurn()
  release()
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('a failure of all is told to all, and the next group goes on', async () => {
  let isBroken = true
  const group = new GroupCommit(async (units: readonly string[]) => {
    if (isBroken) throw new Error('away')
    return units.map((value) => ({ ok: true, value }) as const)
  }, limits)
  await assert.rejects(group.submit('a', 1), /away/)
  isBroken = false
  assert.equal(await group.submit('b', 1), 'b')
})
