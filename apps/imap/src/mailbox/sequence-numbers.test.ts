import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SequenceNumbers } from './sequence-numbers.ts'

interface Row {
  readonly told: readonly number[]
  readonly expunged: readonly number[]
  readonly announced: readonly number[]
  readonly left: readonly number[]
}

const rows: readonly Row[] = [
  { told: [], expunged: [1], announced: [], left: [] },
  { told: [1], expunged: [1], announced: [1], left: [] },
  { told: [1, 2, 3], expunged: [1, 2, 3], announced: [1, 1, 1], left: [] },
  { told: [1, 2, 3], expunged: [2], announced: [2], left: [1, 3] },
  { told: [1, 2, 3, 4, 5], expunged: [2, 4], announced: [2, 3], left: [1, 3, 5] },
  { told: [5, 6, 9, 20], expunged: [6, 7, 20], announced: [2, 3], left: [5, 9] },
  { told: [1, 3, 5, 7], expunged: [2, 4, 6, 8], announced: [], left: [1, 3, 5, 7] },
  { told: [10, 11, 12], expunged: [10, 12], announced: [1, 2], left: [11] },
]

function contents(numbers: SequenceNumbers): number[] {
  return Array.from({ length: numbers.size }, (_, i) => Number(numbers.uidAt(i + 1)))
}

const text = (list: readonly number[]): string => `[${list.join(' ')}]`

for (const row of rows) {
  test(`forgetting ${text(row.expunged)} of ${text(row.told)} announces ${text(row.announced)}`, () => {
    const numbers = new SequenceNumbers()
    numbers.append(row.told)
    assert.deepEqual(numbers.forget(row.expunged), row.announced)
    assert.deepEqual(contents(numbers), row.left)
    assert.equal(numbers.size, row.left.length)
  })
}

test('numbers outside of the mailbox have no UID and unknown UIDs no number', () => {
  const numbers = new SequenceNumbers()
  assert.equal(numbers.uidAt(1), undefined)
  assert.equal(numbers.lastUid, 0)
  numbers.append([4, 5, 8])
  assert.equal(numbers.uidAt(0), undefined)
  assert.equal(numbers.uidAt(4), undefined)
  assert.deepEqual(
    [3, 4, 5, 6, 8, 9].map((uid) => numbers.seqOf(uid)),
    [0, 1, 2, 0, 3, 0],
  )
  assert.deepEqual(
    [1, 4, 5, 6, 8, 9, 99].map((uid) => numbers.countBelow(uid)),
    [0, 0, 1, 2, 2, 3, 3],
  )
})

test('a UID that is already known is not counted twice', () => {
  const numbers = new SequenceNumbers()
  numbers.append([1, 2, 3])
  numbers.append([2, 3, 4])
  assert.equal(numbers.size, 4)
})

test('any order of arrivals and removals agrees with a plain list', () => {
  let seed = 12345
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed % below
  }
  const numbers = new SequenceNumbers()
  let plain: number[] = []
  let next = 1
  for (let round = 0; round < 400; round += 1) {
    const arrived = Array.from({ length: random(6) }, () => (next += 1 + random(3)))
    numbers.append(arrived)
    plain.push(...arrived)
    const gone = plain.filter(() => random(5) === 0)
    const expected: number[] = []
    for (const uid of gone) {
      const index = plain.indexOf(uid)
      expected.push(index + 1)
      plain = plain.toSpliced(index, 1)
    }
    assert.deepEqual(numbers.forget(gone), expected)
    assert.deepEqual(contents(numbers), plain)
    if (plain.length > 0) {
      const from = 1 + random(plain.length)
      const to = from + random(plain.length - from + 1)
      assert.deepEqual([...numbers.uidsOf({ from, to })], plain.slice(from - 1, to))
      const probe = random(next + 3)
      assert.equal(numbers.seqOf(probe), plain.indexOf(probe) + 1)
      assert.equal(numbers.countBelow(probe), plain.filter((uid) => uid < probe).length)
    }
  }
})

test('the gaps are the UIDs that are not known, up to a bound', () => {
  const numbers = new SequenceNumbers()
  assert.deepEqual(numbers.gaps(0), [])
  assert.deepEqual(numbers.gaps(4), [{ first: 1, last: 4 }])
  numbers.append([3, 4, 5, 8, 10])
  assert.deepEqual(numbers.gaps(12), [
    { first: 1, last: 2 },
    { first: 6, last: 7 },
    { first: 9, last: 9 },
    { first: 11, last: 12 },
  ])
  assert.deepEqual(numbers.gaps(6), [
    { first: 1, last: 2 },
    { first: 6, last: 6 },
  ])
  assert.deepEqual(numbers.gaps(4), [{ first: 1, last: 2 }])
})
