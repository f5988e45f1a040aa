import type { Cursor } from './cursor.ts'
import { searchCriteria, type SearchKey } from './search-keys.ts'
import { list, space, word } from './words.ts'

/** By what SORT orders (RFC 5256 §3, RFC 5957 §3). */
export type SortKey = (typeof sortKeys)[number]

const sortKeys = [
  'ARRIVAL',
  'CC',
  'DATE',
  'FROM',
  'SIZE',
  'SUBJECT',
  'TO',
  'DISPLAYFROM',
  'DISPLAYTO',
] as const

/** `sort-criterion = ["REVERSE" SP] sort-key` (RFC 5256 §5). */
export interface SortCriterion {
  readonly key: SortKey
  readonly isReverse: boolean
}

/** SORT's arguments, behind those of RETURN. */
export interface SortArguments {
  /** At least one; later ones decide between messages that earlier ones find equal. */
  readonly criteria: readonly SortCriterion[]
  readonly program: SearchKey
}

/** More criteria in one command are refused: there are nine keys. */
const maxCriteria = 32

/** `sort-criteria SP search-criteria` (RFC 5256 §5); RFC 5267 §5 puts `searchReturn` before it. */
export function sortArguments(c: Cursor): SortArguments {
  const criteria = list(c, criterion)
  if (criteria.length > maxCriteria) c.fail('too many sort criteria', 'LIMIT')
  space(c)
  return { criteria, program: searchCriteria(c) }
}

function criterion(c: Cursor): SortCriterion {
  const name = word(c)
  if (name !== 'REVERSE') return { key: sortKey(c, name), isReverse: false }
  space(c)
  return { key: sortKey(c, word(c)), isReverse: true }
}

function sortKey(c: Cursor, name: string): SortKey {
  if (name.startsWith('DISPLAY')) c.needs('SORT=DISPLAY')
  return sortKeys.find((key) => key === name) ?? c.fail('no such sort key')
}

/** How THREAD groups (RFC 5256 §3). */
export type ThreadAlgorithm = 'ORDEREDSUBJECT' | 'REFERENCES'

/** THREAD's arguments. */
export interface ThreadArguments {
  readonly algorithm: ThreadAlgorithm
  readonly program: SearchKey
}

/** `thread-alg SP search-criteria` (RFC 5256 §5). */
export function threadArguments(c: Cursor): ThreadArguments {
  const name = word(c)
  if (name !== 'ORDEREDSUBJECT' && name !== 'REFERENCES') c.fail('no such threading algorithm')
  c.needs(`THREAD=${name}`)
  space(c)
  return { algorithm: name, program: searchCriteria(c) }
}
