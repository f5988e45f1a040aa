import { isDeepStrictEqual } from 'node:util'
import { applyTail, TailGap } from './apply-tail.ts'
import { checkOrphans } from './check-orphans.ts'
import { checkSearch } from './check-search.ts'
import { checkSegments } from './check-segments.ts'
import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { MailboxState, type StatePosition } from './mailbox-state.ts'
import { readTail, type MailboxTail } from './mailbox-tail.ts'
import { pageUids, sumOf, unpackPage } from './page-codec.ts'
import { tupleStatement, type Queries } from './statement.ts'
import type { CheckWatch, Finding } from './store.ts'
import { sweepTables } from './sweep-tables.ts'

type HeadRow = readonly [AccountId, number]
type CounterRow = readonly [number, number, number, number]
type BaseRow = readonly [number, number, number, number, number]
type PageRow = readonly [number, number, number, number, Buffer]

const headsStatement = tupleStatement<HeadRow>(
  'check_heads',
  `SELECT account_id, mailbox_id FROM mailbox_head WHERE live ORDER BY 1, 2`,
)
const countersStatement = tupleStatement<CounterRow>(
  'check_counters',
  `SELECT total, unseen, deleted, bytes FROM mailbox_head
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

const baseStatement = tupleStatement<BaseRow>(
  'check_base',
  `SELECT modseq, change_seq, uid_next, floor, sum FROM mailbox_base
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const pagesStatement = tupleStatement<PageRow>(
  'check_pages',
  `SELECT first_uid, last_uid, n, sum, state FROM mailbox_page
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint ORDER BY first_uid`,
)

/** Every invariant of docs/store.md that mailboxes and messages have. Empty when all is well. */
export async function checkMailboxes(
  database: Database,
  { told, signal }: CheckWatch = {},
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const heads = await database.query(headsStatement)
  for (const [i, [account, mailbox]] of heads.entries()) {
    if (signal?.aborted === true) return findings
    findings.push(...(await checkMailbox(database, accountId(account), mailboxId(mailbox))))
    told?.(i + 1, heads.length)
  }
  findings.push(...(await sweepTables(database)))
  const derived = [...(await checkSegments(database)), ...(await checkSearch(database))]
  return [...findings, ...(await checkOrphans(database)), ...derived]
}

/** Compares one mailbox, replayed in every way there is, with its head: all as one snapshot saw it. */
async function checkMailbox(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<readonly Finding[]> {
  const seen = await database.transact((tx) => lookAtMailbox(tx, account, mailbox), {
    isolation: 'repeatable read',
    readOnly: true,
  })
  return (seen?.problems ?? []).map(([invariant, text]) => ({ invariant, account, mailbox, text }))
}

/** A mailbox as it stands. */
export interface MailboxLook {
  readonly problems: readonly Problem[]
  /** Pages, then the tail; undefined where no state can be made of them. */
  readonly state: MailboxState | undefined
  /** Log rows up to here are gone, and the pages are the only truth. */
  readonly floor: number
}

/** Replays one mailbox and says what is wrong (I1 to I5). Undefined: it is gone. In one snapshot, or under its locks. */
export async function lookAtMailbox(
  tx: Queries,
  account: AccountId,
  mailbox: MailboxId,
): Promise<MailboxLook | undefined> {
  const [[counters], bases, pages] = await Promise.all([
    tx.query(countersStatement, [account, mailbox]),
    tx.query(baseStatement, [account, mailbox]),
    tx.query(pagesStatement, [account, mailbox]),
  ])
  const base = baseOf(bases[0])
  const [tail, whole] = await Promise.all([
    readTail(tx, account, mailbox, base),
    base.floor === 0 ? readTail(tx, account, mailbox, { modSeq: 0, uidNext: 0 }) : undefined,
  ])
  if (tail === undefined || counters === undefined) return undefined
  const { problems, state } = replay(base, pages, tail)
  const all = [
    ...problems,
    ...(state === undefined ? [] : compare(state, tail, counters)),
    ...(state === undefined || whole === undefined ? [] : compareWhole(state, whole)),
  ]
  return { problems: all, state, floor: base.floor }
}

/** What is wrong with a mailbox. */
export type Problem = readonly [invariant: string, text: string]

interface Base extends StatePosition {
  readonly floor: number
  readonly sum: number
}

function baseOf(row: BaseRow | undefined): Base {
  const [modSeq, changeSeq, uidNext, floor, sum] = row ?? [0, 0, 1, 0, 0]
  return { modSeq, changeSeq, uidNext, floor, sum }
}

/** Pages, then the tail (I3, I4, I5). No state where it can not be made. */
function replay(
  base: Base,
  pages: readonly PageRow[],
  tail: MailboxTail,
): { readonly problems: readonly Problem[]; readonly state: MailboxState | undefined } {
  const problems: Problem[] = []
  const state = new MailboxState(tail.head.uidValidity)
  if (base.floor > base.modSeq || base.modSeq > tail.head.modSeq) {
    problems.push(['I3', 'floor, base and head are not in order'])
  }
  let before = -1
  let total = 0
  try {
    for (const [first, last, n, sum, packed] of pages) {
      const rows = unpackPage(packed)
      const { uids } = rows
      const isInside = uids.every((uid) => uid >= first && uid <= last && uid < base.uidNext)
      if (first <= before || last < first || !isInside) {
        problems.push(['I4', `page ${first} overlaps or holds what is not its own`])
      }
      if (uids.length !== n || n > pageUids || sumOf(rows) !== sum) {
        problems.push(['I5', `page ${first} is not what was written`])
      }
      before = last
      total += sum
      state.appendPage(rows)
    }
    if (total !== base.sum) problems.push(['I5', 'the pages do not add up to their base'])
    state.advance(base)
    applyTail(state, tail)
    return { problems, state }
  } catch (error) {
    const isGap = error instanceof TailGap
    if (!isGap && !(error instanceof RangeError)) throw error
    return { problems: [...problems, [isGap ? 'I3' : 'I4', error.message]], state: undefined }
  }
}

/** While nothing is trimmed, the log alone must say the same as pages and tail (I2). */
function compareWhole(state: MailboxState, whole: MailboxTail): readonly Problem[] {
  const replayed = new MailboxState(whole.head.uidValidity)
  try {
    applyTail(replayed, whole)
  } catch (error) {
    if (error instanceof TailGap) return [['I3', error.message]]
    throw error
  }
  return isDeepStrictEqual(replayed.slice(), state.slice())
    ? []
    : [['I2', 'pages and tail differ from a replay of the whole log']]
}

function compare(
  state: MailboxState,
  { head }: MailboxTail,
  [total, unseen, deleted, bytes]: CounterRow,
): readonly Problem[] {
  const figures = [
    ['total', total, state.size],
    ['unseen', unseen, state.unseen],
    ['deleted', deleted, state.deleted],
    ['bytes', bytes, state.bytes],
  ] as const
  const wrong = figures
    .filter(([, inHead, inState]) => inHead !== inState)
    .map(([name, inHead, inState]) => {
      return ['I1', `${name} is ${inHead} in the head, ${inState} in the state`] as const
    })
  return state.highestModSeq > head.modSeq
    ? [...wrong, ['I3', 'a message is newer than its head'] as const]
    : wrong
}
