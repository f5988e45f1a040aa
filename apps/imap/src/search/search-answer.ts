import {
  formatResultRange,
  resolveResultRange,
  startEsearch,
  uidSetPieces,
  type SearchDatum,
  type SearchReturn,
} from '@posthouse/imap-wire'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import { no, ok, type Completion } from '../session/completion.ts'
import { correlated, type Correlated } from '../session/conversation.ts'
import { Octets } from '../session/octets.ts'
import type { Found } from './find-messages.ts'

/** How the results of a SEARCH or SORT are to be told. */
export interface AnswerOptions {
  readonly byUid: boolean
  /** The program asked for mod-sequences: the answer tells the highest (RFC 7162 §3.1.6). */
  readonly tellsModSeq: boolean
}

const notSaved = no('The result is too scattered to be kept', 'NOTSAVED')

/** `* SEARCH 2 5 (MODSEQ 9)` or `* SORT …`, in the order of the results (RFC 3501 §7.2.5, RFC 5256 §4). */
export function* answerPlainly(
  name: 'SEARCH' | 'SORT',
  selected: SelectedMailbox,
  { uids, modSeqs }: Found,
  { byUid, tellsModSeq }: AnswerOptions,
): Generator<Buffer, void> {
  const out = new Octets(4096)
  out.ascii(`* ${name}`)
  for (const uid of uids) {
    out.ascii(' ').uint(byUid ? uid : selected.numbers.seqOf(uid))
    if (out.length >= limits.chunkBytes) yield out.take()
  }
  if (tellsModSeq && uids.length > 0) out.ascii(` (MODSEQ ${highest(modSeqs)})`)
  yield out.ascii('\r\n').take()
}

/**
 * An ESEARCH response with what was asked for (RFC 4731 §3.1, RFC 5267 §3.1, RFC 9394 §3.1), and the result kept for
 * `$` (RFC 5182 §2.1). MIN and MAX are the first and the last of the results as they are ordered.
 */
export function* answerExtended(
  selected: SelectedMailbox,
  found: Found,
  returns: SearchReturn,
  options: AnswerOptions,
): Generator<Buffer | Correlated, Completion> {
  const told = pick(found, returns)
  if (returns.save) {
    // `$` is about messages, not about their order.
    const saved = Uint32Array.from(told.all ? found.uids : told.uids).toSorted()
    if (!selected.save(saved)) return notSaved
  }
  if (isSilent(returns)) return ok('Kept')
  const number = (uid: number): number => (options.byUid ? uid : selected.numbers.seqOf(uid))
  const data = plainData(found, returns, number)
  yield correlated((tag) => startEsearch(tag, options.byUid, data))
  yield* setOf(found, returns, number)
  const modSeqs = told.all ? found.modSeqs : told.modSeqs
  const modSeq = options.tellsModSeq && modSeqs.length > 0 ? ` MODSEQ ${highest(modSeqs)}` : ''
  yield Buffer.from(`${modSeq}\r\n`)
  return ok('Searched')
}

/** SAVE alone suppresses the response (RFC 5182 §1). */
function isSilent({ min, max, all, count, partial }: SearchReturn): boolean {
  return !min && !max && !all && !count && partial === undefined
}

function plainData(
  { uids }: Found,
  { min, max, count }: SearchReturn,
  number: (uid: number) => number,
): readonly SearchDatum[] {
  const first = uids[0]
  const last = uids.at(-1)
  return [
    ...(min && first !== undefined ? [['MIN', number(first)] as const] : []),
    ...(max && last !== undefined ? [['MAX', number(last)] as const] : []),
    ...(count ? [['COUNT', uids.length] as const] : []),
  ]
}

/** ALL or PARTIAL, which may be long; ALL not at all where there is nothing (RFC 4731 §3.1). */
function* setOf(
  { uids }: Found,
  { all, partial }: SearchReturn,
  number: (uid: number) => number,
): Generator<Buffer, void> {
  if (all && uids.length > 0) {
    yield Buffer.from(' ALL ')
    for (const piece of uidSetPieces(uids.map(number))) yield Buffer.from(piece, 'latin1')
  }
  if (partial === undefined) return
  const { start, end } = resolveResultRange(partial, uids.length)
  yield Buffer.from(` PARTIAL (${formatResultRange(partial)} `)
  // RFC 9394 §3.1: NIL where the range is beyond the results.
  if (start === end) yield Buffer.from('NIL')
  for (const piece of uidSetPieces(uids.slice(start, end).map(number))) {
    yield Buffer.from(piece, 'latin1')
  }
  yield Buffer.from(')')
}

/**
 * The messages that `$` and MODSEQ are about: those of MIN, MAX and PARTIAL, or all where ALL or COUNT, or
 * nothing but SAVE, was asked for (RFC 5182 §2.4, RFC 4731 §3.2, RFC 9394 §3.2).
 */
function pick(
  { uids, modSeqs }: Found,
  returns: SearchReturn,
): {
  readonly all: boolean
  readonly uids: readonly number[]
  readonly modSeqs: readonly number[]
} {
  const { min, max, all, count, partial } = returns
  if (all || count || isSilent(returns)) return { all: true, uids, modSeqs }
  const page =
    partial === undefined ? { start: 0, end: 0 } : resolveResultRange(partial, uids.length)
  const indexes = new Set<number>()
  for (let i = page.start; i < page.end; i += 1) indexes.add(i)
  if (min && uids.length > 0) indexes.add(0)
  if (max && uids.length > 0) indexes.add(uids.length - 1)
  const told = [...indexes]
  return {
    all: false,
    uids: told.map((i) => uids[i] ?? 0),
    modSeqs: told.map((i) => modSeqs[i] ?? 0),
  }
}

function highest(modSeqs: readonly number[]): number {
  return modSeqs.reduce((most, one) => Math.max(most, one), 0)
}
