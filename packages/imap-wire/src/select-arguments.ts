import type { Cursor } from './cursor.ts'
import { mailbox } from './mailbox-name.ts'
import { modSequence, nzNumber } from './numbers.ts'
import { knownSet, type NumberRange } from './sequence-set.ts'
import { acceptSpace, list, opensList, space, word } from './words.ts'

/** SELECT's and EXAMINE's arguments (RFC 4466 §2.1). */
export interface SelectArguments {
  readonly mailbox: string
  /** RFC 7162 §3.1.8. */
  readonly condstore: boolean
  readonly qresync?: QresyncArguments
}

/** What the client knows of the mailbox from before (RFC 7162 §3.2.5). */
export interface QresyncArguments {
  readonly uidValidity: number
  readonly modSeq: number
  /** The UIDs it has; absent: all up to the highest. */
  readonly knownUids?: readonly NumberRange[]
  /** Message numbers it knew and their UIDs, both ascending, the n-th belonging to the n-th. */
  readonly match?: {
    readonly numbers: readonly NumberRange[]
    readonly uids: readonly NumberRange[]
  }
}

/** `mailbox [SP "(" select-param *(SP select-param) ")"]`. */
export function selectArguments(c: Cursor): SelectArguments {
  const name = mailbox(c)
  const start = c.mark()
  if (!acceptSpace(c) || !opensList(c)) {
    c.reset(start)
    return { mailbox: name, condstore: false }
  }
  const params = list(c, param)
  const [known, more] = params.filter((each) => each !== undefined)
  if (more !== undefined) c.fail('QRESYNC was given twice')
  const condstore = params.includes(undefined)
  return { mailbox: name, condstore, ...(known === undefined ? {} : { qresync: known }) }
}

/** CONDSTORE has no value. */
function param(c: Cursor): QresyncArguments | undefined {
  const name = word(c)
  if (name !== 'CONDSTORE' && name !== 'QRESYNC') return c.fail('no such SELECT parameter')
  c.needs(name)
  if (name === 'CONDSTORE') return undefined
  space(c)
  return qresync(c)
}

/** `"(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"` (RFC 7162 §7). */
function qresync(c: Cursor): QresyncArguments {
  c.expect(0x28, '"("')
  const uidValidity = nzNumber(c)
  space(c)
  const modSeq = modSequence(c)
  let hasMore = acceptSpace(c)
  const knownUids = hasMore && !opensList(c) && c.peek() !== close ? knownSet(c) : undefined
  if (knownUids !== undefined) hasMore = acceptSpace(c)
  const match = hasMore && opensList(c) ? matchData(c) : undefined
  c.expect(close, '")"')
  return {
    uidValidity,
    modSeq,
    ...(knownUids === undefined ? {} : { knownUids }),
    ...(match === undefined ? {} : { match }),
  }
}

/** `"(" known-sequence-set SP known-uid-set ")"`: both ascending and of one length (RFC 7162 §3.2.5.2). */
function matchData(c: Cursor): NonNullable<QresyncArguments['match']> {
  c.expect(0x28, '"("')
  const numbers = knownSet(c)
  space(c)
  const uids = knownSet(c)
  c.expect(close, '")"')
  if (!ascends(numbers) || !ascends(uids)) c.fail('the known numbers and UIDs must ascend')
  if (sizeOf(numbers) !== sizeOf(uids)) c.fail('there must be as many numbers as UIDs')
  return { numbers, uids }
}

function ascends(ranges: readonly NumberRange[]): boolean {
  let before = 0
  for (const { first, last } of ranges) {
    if (first <= before || last < first) return false
    before = last
  }
  return true
}

function sizeOf(ranges: readonly NumberRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

const close = 0x29
