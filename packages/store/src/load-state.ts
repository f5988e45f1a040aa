import { setImmediate as nextTurn } from 'node:timers/promises'
import { applyTail } from './apply-tail.ts'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { MailboxState, type MessageColumns, type StatePosition } from './mailbox-state.ts'
import { copyTail, readTail, type MailboxTail } from './mailbox-tail.ts'
import { sumOf, unpackPage } from './page-codec.ts'
import { tupleStatement } from './statement.ts'

/** Above this many entries a COPY is worth its planning. */
const copyAbove = 1_000

type MeasureRow = readonly [number, number, number | null]

const measureStatement = tupleStatement<MeasureRow>(
  'mailbox_measure',
  `SELECT m.uid_validity, h.uid_next, b.uid_next FROM mailbox m
  JOIN mailbox_head h ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
  LEFT JOIN mailbox_base b ON b.account_id = m.account_id AND b.mailbox_id = m.mailbox_id
  WHERE m.account_id = $1::uuid AND m.mailbox_id = $2::bigint AND h.live`,
)

/** A state out of Postgres. */
export interface LoadedState {
  readonly state: MailboxState
  readonly head: MailboxTail['head']
  /** Where the checkpoint stood that it was read from. */
  readonly base: StatePosition
  /** Messages that the rows behind the checkpoint name: what replaying them cost. */
  readonly touched: number
}

/** The pages do not add up to their base: the mailbox is damaged, and must not be written to. */
export class DamagedPages extends Error {
  override readonly name: string = 'DamagedPages'
}

/** How often an opening begins anew because a checkpoint or trim came in between. */
const attempts = 5

/**
 * A mailbox's state (STORE.md, OPEN): the checkpoint's pages in one statement, then the tail in another, whose floor and
 * count of rows show whether anything was trimmed in between. Undefined: there is no such mailbox.
 */
export async function loadState(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<LoadedState | undefined> {
  for (let attempt = 1; ; attempt++) {
    const [measured] = await database.read(measureStatement, [account, mailbox])
    if (measured === undefined) return undefined
    const [uidValidity, uidNext, baseUidNext] = measured
    const state =
      baseUidNext === null
        ? new MailboxState(uidValidity)
        : await readPages(database, account, mailbox, uidValidity)
    const base = state.position
    const read = uidNext - base.uidNext > copyAbove ? copyTail : readTail
    const tail = await read(database, account, mailbox, base)
    if (tail === undefined) return undefined
    try {
      const { touched } = applyTail(state, tail)
      return { state, head: tail.head, base, touched }
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}

/** Base and pages in one statement, thus as one checkpoint left them. */
function pagesText(account: string, mailbox: string): string {
  return `SELECT 0::smallint AS kind, modseq AS a, change_seq AS b, uid_next AS c, sum,
      NULL::bytea AS state
    FROM mailbox_base WHERE account_id = ${account} AND mailbox_id = ${mailbox}
    UNION ALL
    SELECT 1, first_uid, last_uid, n, sum, state
    FROM mailbox_page WHERE account_id = ${account} AND mailbox_id = ${mailbox}`
}

interface PageRow {
  readonly first: number
  readonly n: number
  readonly sum: number
  readonly packed: Buffer
}

/** Deliveries that come soon find room. */
const reserve = 64

/** The state of the checkpoint; an empty one where there is none. */
async function readPages(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
  uidValidity: number,
): Promise<MailboxState> {
  const pages: PageRow[] = []
  let base: (StatePosition & { readonly sum: number }) | undefined
  await database.bulk((client) =>
    copyOut(client, pagesText(sqlText.uuid(account), sqlText.integer(mailbox)), (row) => {
      const kind = row.integer()
      const [a, b, c, sum] = [row.integer(), row.integer(), row.integer(), row.integer()]
      const packed = row.bytes()
      if (kind === 0) base = { modSeq: a, changeSeq: b, uidNext: c, sum }
      else if (packed !== null) pages.push({ first: a, n: c, sum, packed })
    }),
  )
  if (base === undefined) return new MailboxState(uidValidity)
  const total = pages.reduce((sum, page) => sum + page.sum, 0)
  if (total !== base.sum) throw new DamagedPages('the pages are not those of their base')
  const state = new MailboxState(
    uidValidity,
    pages.reduce((sum, { n }) => sum + n, reserve),
  )
  const sorted = pages.toSorted((one, other) => one.first - other.first)
  for (const [i, page] of sorted.entries()) {
    // A million messages take 50 ms: others may have their turn in between.
    if (i % 64 === 63) await nextTurn()
    state.appendPage(readPage(page))
  }
  state.advance(base)
  return state
}

function readPage({ n, sum, packed }: PageRow): MessageColumns {
  const rows = unpackPage(packed)
  if (rows.uids.length !== n || sumOf(rows) !== sum) {
    throw new DamagedPages('a page is not what was written')
  }
  return rows
}
