import { isDeepStrictEqual } from 'node:util'
import { applyTail, TailGap } from './apply-tail.ts'
import { checkSearch } from './check-search.ts'
import { checkSegments } from './check-segments.ts'
import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { MailboxState, type StatePosition } from './mailbox-state.ts'
import { readTail, type MailboxTail } from './mailbox-tail.ts'
import { pageUids, sumOf, unpackPage } from './page-codec.ts'
import { tupleStatement, type Queries } from './statement.ts'
import type { Finding } from './store.ts'

type HeadRow = readonly [AccountId, number]
type CounterRow = readonly [number, number, number, number]
type BaseRow = readonly [number, number, number, number, number]
type PageRow = readonly [number, number, number, number, Buffer]
type PlaceRow = readonly [AccountId | null, number | null, string]

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

/** Whole-table checks: each gives the places where its invariant is broken, a hundred at most. */
const sweeps: readonly (readonly [invariant: string, sql: string])[] = [
  [
    'I4',
    `SELECT e.account_id, e.mailbox_id, 'entry ' || e.uid || ' is at or above UIDNEXT'
    FROM entry e JOIN mailbox_head h ON h.account_id = e.account_id AND h.mailbox_id = e.mailbox_id
    WHERE e.uid >= h.uid_next OR e.modseq > h.modseq`,
  ],
  [
    'I3',
    `SELECT l.account_id, l.mailbox_id, 'log row ' || l.modseq || ' is above the head'
    FROM mailbox_log l
    JOIN mailbox_head h ON h.account_id = l.account_id AND h.mailbox_id = l.mailbox_id
    WHERE l.modseq > h.modseq OR l.change_seq > h.change_seq`,
  ],
  [
    'I6',
    `SELECT e.account_id, e.mailbox_id, 'entry ' || e.uid || ' has no message ' || e.message_id
    FROM entry e WHERE NOT EXISTS (
      SELECT FROM message m WHERE m.account_id = e.account_id AND m.message_id = e.message_id)`,
  ],
  [
    'I6',
    `SELECT m.account_id, NULL::bigint, 'message ' || m.message_id || ' has no content'
    FROM message m WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = m.content)`,
  ],
  [
    'I6',
    `SELECT NULL::uuid, NULL::bigint, 'content ' || encode(c.hash, 'hex') || ' lacks chunks'
    FROM content c WHERE c.size > 262144 AND (
      SELECT count(*) FROM content_chunk k WHERE k.hash = c.hash
    ) <> (c.size - 1) / 262144`,
  ],
  [
    'I6',
    `SELECT NULL::uuid, NULL::bigint, 'chunk of missing content ' || encode(k.hash, 'hex')
    FROM content_chunk k WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = k.hash)`,
  ],
  [
    'I4',
    `SELECT m.account_id, m.mailbox_id, 'mailbox and head do not match'
    FROM mailbox m LEFT JOIN mailbox_head h
      ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
    WHERE h.live IS DISTINCT FROM (m.state = 'live')`,
  ],
  [
    'I4',
    `SELECT h.account_id, h.mailbox_id, 'head without a mailbox'
    FROM mailbox_head h LEFT JOIN mailbox m
      ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
    WHERE m.mailbox_id IS NULL`,
  ],
]

/** Every invariant of docs/store.md that mailboxes and messages have. Empty when all is well. */
export async function checkMailboxes(database: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [account, mailbox] of await database.query(headsStatement)) {
    findings.push(...(await checkMailbox(database, accountId(account), mailboxId(mailbox))))
  }
  for (const [i, [invariant, sql]] of sweeps.entries()) {
    const sweep = tupleStatement<PlaceRow>(`check_sweep_${i}`, `${sql} LIMIT 100`)
    for (const [account, mailbox, text] of await database.query(sweep)) {
      findings.push({
        invariant,
        text,
        ...(account !== null && { account: accountId(account) }),
        ...(mailbox !== null && { mailbox: mailboxId(mailbox) }),
      })
    }
  }
  return [...findings, ...(await checkSegments(database)), ...(await checkSearch(database))]
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
