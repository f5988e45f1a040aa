/**
 * Flags of one message as one number. Its low 32 bits are the flag word: system flags and the account's first 27 keywords.
 * Above them stands the number of a set of further keywords, 0 for none. `&` looks at the low 32 bits alone, so whoever
 * tests a bit need not know. Numbers of sets mean something in this process only: what is kept has ids.
 */
const beyond = 0x1_0000_0000

/** Ids of keywords beyond the flag word, ascending. */
export type KeywordSet = readonly number[]

/** The set that holds every keyword there is: only to take away. */
const everything = 0x1f_ffff
/** As `remove`: every keyword beyond the flag word. */
export const allBeyond = everything * beyond

const none: KeywordSet = []
const sets: KeywordSet[] = [none]
const hashes: number[] = [0]
const numbers = new Map<string, number>([['', 0]])

/** How many different sets this process knows. */
export function knownSets(): number {
  return sets.length
}

/** These flags with a set of further keywords instead of theirs. `ids` may come in any order. */
export function withSet(flags: number, ids: Iterable<number>): number {
  return (flags >>> 0) + numberOf(ids) * beyond
}

/** The keywords beyond the flag word. */
export function setOf(flags: number): KeywordSet {
  return flags < beyond ? none : (sets[Math.floor(flags / beyond)] ?? none)
}

/** True where `remove` takes away every keyword beyond the flag word. */
export function removesAllBeyond(remove: number): boolean {
  return remove >= allBeyond
}

/** Flags with some taken away and then some added. */
export function changeFlags(before: number, remove: number, add: number): number {
  const word = ((before & ~remove) | add) >>> 0
  if (before < beyond && add < beyond) return word
  const kept = removesAllBeyond(remove) ? none : without(setOf(before), setOf(remove))
  const added = setOf(add)
  const ids = added.length === 0 ? kept : [...kept, ...added]
  return ids === none ? word : withSet(word, ids)
}

/** A number for checksums that depends on the keywords beyond the flag word and on nothing else; 0 where there are none. */
export function setHash(flags: number): number {
  return flags < beyond ? 0 : (hashes[Math.floor(flags / beyond)] ?? 0)
}

function without(set: KeywordSet, removed: KeywordSet): KeywordSet {
  return removed.length === 0 ? set : set.filter((id) => !removed.includes(id))
}

function numberOf(ids: Iterable<number>): number {
  const sorted = [...new Set(ids)].toSorted((a, b) => a - b)
  const key = sorted.join(' ')
  const known = numbers.get(key)
  if (known !== undefined) return known
  if (sets.length >= everything) throw new RangeError('too many different sets of keywords')
  numbers.set(key, sets.length)
  hashes.push(sorted.reduce((hash, id) => Math.imul(hash ^ (id + 1), 0x0100_0193), 0x811c_9dc5))
  return sets.push(sorted) - 1
}
