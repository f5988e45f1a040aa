import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { pageUids } from './page-codec.ts'
import { pageNumber, planPages, type PageRange } from './page-layout.ts'

/** Pages as a table keeps them: by their first UID. */
function apply(existing: readonly PageRange[], plan: ReturnType<typeof planPages>): PageRange[] {
  const table = new Map(existing.map((range) => [range.first, range]))
  for (const first of plan.remove) table.delete(first)
  for (const range of plan.write) table.set(range.first, range)
  return [...table.values()].toSorted((a, b) => a.first - b.first)
}

function counter(uids: readonly number[]) {
  return ({ first, last }: PageRange) => uids.filter((uid) => uid >= first && uid <= last).length
}

test('whatever comes and goes, every message is in exactly one page of at most 1,024', () => {
  const step = fc.record({
    gap: fc.constantFrom(1, 1, 1, 700, 5000),
    arrivals: fc.constantFrom(0, 3, 900, 2500),
    keepOneIn: fc.constantFrom(1, 1, 2, 50, 100_000),
    from: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      let uids: number[] = []
      let uidNext = 1
      let pages: PageRange[] = []
      for (const { gap, arrivals, keepOneIn, from } of steps) {
        const before = uids
        const cut = Math.floor(from * uids.length)
        uids = uids.filter((_, i) => i < cut || i % keepOneIn === 0)
        for (let i = 0; i < arrivals; i++) uids.push((uidNext += i === 0 ? gap : 1))
        uidNext++
        const left = new Set(uids)
        const known = new Set(before)
        const changed = [
          ...before.filter((uid) => !left.has(uid)),
          ...uids.filter((uid) => !known.has(uid)),
        ]
        const dirty = new Set(changed.map(pageNumber))
        pages = apply(pages, planPages(pages, dirty, uidNext, counter(uids)))
        check(pages, uids)
      }
    }),
    { numRuns: 60 },
  )
})

test('one changed flag rewrites one page', () => {
  const pages = Array.from({ length: 50 }, (_, i) => {
    return { first: i * pageUids, last: (i + 1) * pageUids - 1 }
  })
  const plan = planPages(pages, new Set([7]), 50 * pageUids, () => pageUids)
  assert.deepEqual(plan, { write: [{ first: 7 * 1024, last: 8 * 1024 - 1 }], remove: [] })
})

test('an emptied mailbox keeps one page, or none', () => {
  const pages = Array.from({ length: 20 }, (_, i) => {
    return { first: i * pageUids, last: (i + 1) * pageUids - 1 }
  })
  const dirty = new Set(pages.keys())
  const few = planPages(pages, dirty, 30 * pageUids, () => 3)
  assert.deepEqual(few.write, [{ first: 0, last: 20 * pageUids - 1 }])
  assert.equal(few.remove.length, 19)
  const none = planPages(pages, dirty, 30 * pageUids, () => 0)
  assert.deepEqual([none.write.length, none.remove.length], [0, 20])
})

function check(pages: readonly PageRange[], uids: readonly number[]): void {
  let last = -1
  let held = 0
  for (const range of pages) {
    assert.ok(range.first > last && range.last > range.first, 'pages do not overlap')
    assert.equal(range.first % pageUids, 0)
    assert.equal((range.last + 1) % pageUids, 0)
    const n = counter(uids)(range)
    assert.ok(n > 0 && n <= pageUids, `${n} messages in a page`)
    last = range.last
    held += n
  }
  assert.equal(held, uids.length)
}
