import type { SortCriterion } from '@posthouse/imap-wire'
import { uid as asUid, type Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { Found } from '../search/find-messages.ts'
import type { Reader } from '../session/context.ts'
import { progress, type Progress } from '../session/conversation.ts'
import { patientSort } from './patient-sort.ts'
import { factOfKey, sortValue, type SortFact, type SortValue } from './sort-keys.ts'

/**
 * What was found, in the order of the criteria; what they find equal stays in the order of the mailbox
 * (RFC 5256 §3). Facts are read in blocks, and of each message only its keys are kept.
 */
export async function* sortMessages(
  reader: Reader,
  found: Found,
  criteria: readonly SortCriterion[],
): AsyncGenerator<Progress, Found> {
  const columns = yield* keysOf(reader, found, criteria)
  const order = await patientSort(found.uids.length, comparison(criteria, columns))
  return {
    uids: Array.from(order, (i) => found.uids[i] ?? 0),
    modSeqs: Array.from(order, (i) => found.modSeqs[i] ?? 0),
  }
}

/** One column of values per criterion. */
async function* keysOf(
  reader: Reader,
  { uids }: Found,
  criteria: readonly SortCriterion[],
): AsyncGenerator<Progress, readonly SortValue[][]> {
  const { open, numbers } = reader.selected
  const columns = criteria.map((): SortValue[] => [])
  const wanted = [...new Set(criteria.flatMap(({ key }) => factOfKey(key) ?? []))]
  const half = numbers.size
  for (let start = 0; start < uids.length; start += limits.factsBlock) {
    const block = uids.slice(start, start + limits.factsBlock).map(asUid)
    const facts = await factsOf(reader, block, wanted)
    for (const uid of block) {
      const row = open.row(uid) ?? nowhere
      const message = { row, facts: facts.get(uid) ?? {} }
      for (const [i, { key }] of criteria.entries()) columns[i]?.push(sortValue(key, message))
    }
    yield progress(half + Math.floor((half * start) / uids.length), 2 * half)
  }
  return columns
}

/** A message that is gone for good meanwhile. */
const nowhere = { received: 0, size: 0 }

async function factsOf(
  { selected }: Reader,
  block: readonly Uid[],
  wanted: readonly SortFact[],
): Promise<ReadonlyMap<Uid, Parameters<typeof sortValue>[1]['facts']>> {
  const facts = new Map<Uid, Parameters<typeof sortValue>[1]['facts']>()
  if (wanted.length === 0) return facts
  for await (const one of selected.open.facts(block, wanted)) facts.set(one.uid, one)
  return facts
}

function comparison(
  criteria: readonly SortCriterion[],
  columns: readonly (readonly SortValue[])[],
): (a: number, b: number) => number {
  const rules = criteria.map(({ isReverse }, i) => ({
    sign: isReverse ? -1 : 1,
    values: columns[i] ?? [],
  }))
  return (a, b) => {
    for (const { sign, values } of rules) {
      const left = values[a] ?? 0
      const right = values[b] ?? 0
      if (left < right) return -sign
      if (left > right) return sign
    }
    return 0
  }
}
