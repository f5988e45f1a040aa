import { pageUids } from './page-codec.ts'

/** UIDs [first, last] that one page holds, whatever of them is there. */
export interface PageRange {
  readonly first: number
  readonly last: number
}

/** What a checkpoint does to the pages. */
export interface PagePlan {
  /** Pages to be written anew; they replace whatever overlaps them. */
  readonly write: readonly PageRange[]
  /** First UIDs of pages that go: nothing is left in them, or another page takes them in. */
  readonly remove: readonly number[]
}

/** The number of the page of 1,024 UIDs that this UID falls into, where nothing was merged. */
export function pageNumber(uid: number): number {
  return Math.floor(uid / pageUids)
}

/**
 * Decides which pages to write: those that hold a dirty UID, and those that do not exist yet. Sparse neighbours of a page
 * that is written anyway are merged into it when both fit in one page, so that a mailbox that was emptied has few.
 *
 * `count` tells how many messages there are with UIDs in [first, last]. The page that still fills up, that of `uidNext`, is
 * never merged: what it will hold would not fit.
 */
export function planPages(
  existing: readonly PageRange[],
  dirty: ReadonlySet<number>,
  uidNext: number,
  count: (range: PageRange) => number,
): PagePlan {
  const ranges = withMissing(existing, dirty)
  const isDirty = ranges.map((range) => touches(range, dirty))
  const write: PageRange[] = []
  const remove: number[] = []
  const known = new Set(existing.map(({ first }) => first))
  for (let i = 0; i < ranges.length; i++) {
    const here = ranges[i]
    if (here === undefined || isDirty[i] !== true) continue
    let merged = here
    let n = count(here)
    for (let next = ranges[i + 1]; next !== undefined; next = ranges[i + 1]) {
      const more = count(next)
      if (next.last >= uidNext || n + more > pageUids) break
      merged = { first: merged.first, last: next.last }
      n += more
      if (known.has(next.first)) remove.push(next.first)
      i++
    }
    if (n === 0) {
      if (known.has(merged.first)) remove.push(merged.first)
    } else write.push(merged)
  }
  return { write, remove }
}

/** Existing pages, and a plain range for each dirty number that none of them holds, ascending. */
function withMissing(
  existing: readonly PageRange[],
  dirty: ReadonlySet<number>,
): readonly PageRange[] {
  const missing = [...dirty].flatMap((number): PageRange[] => {
    const first = number * pageUids
    const isHeld = existing.some((range) => range.first <= first && first <= range.last)
    return isHeld ? [] : [{ first, last: first + pageUids - 1 }]
  })
  return [...existing, ...missing].toSorted((a, b) => a.first - b.first)
}

function touches({ first, last }: PageRange, dirty: ReadonlySet<number>): boolean {
  for (let number = pageNumber(first); number <= pageNumber(last); number++) {
    if (dirty.has(number)) return true
  }
  return false
}
