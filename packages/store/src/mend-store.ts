import { checkMailboxes, lookAtMailbox } from './check-mailboxes.ts'
import { orphanRules } from './check-orphans.ts'
import { accountTables, checkQueue, withoutAccount } from './check-queue.ts'
import { collectContents } from './collect-contents.ts'
import type { Database } from './database.ts'
import { accountId } from './ids.ts'
import { appendLog, lockHeads } from './mailbox-writes.ts'
import { mendMailbox, Unmendable } from './mend-mailbox.ts'
import { insertMailboxes } from './new-mailbox.ts'
import { planExpunge } from './plan-expunge.ts'
import { lowerDue } from './queue-destinations.ts'
import { statement, tupleStatement, unnamed, type Transaction } from './statement.ts'
import type { Finding, Mending } from './store.ts'
import { keepTracePartitions } from './trace-partitions.ts'

/** Whole-table mends: each is right whenever it runs, and changes only what breaks a rule. */
const sweeps: readonly (readonly [what: RegExp, sql: string])[] = [
  [
    /^I6 chunk of missing content/,
    `DELETE FROM content_chunk k WHERE NOT EXISTS (SELECT FROM content c WHERE c.hash = k.hash)`,
  ],
  [
    /^I4 mailbox and head do not match/,
    `WITH made AS (
      INSERT INTO mailbox_head (account_id, mailbox_id, live, modseq)
      SELECT m.account_id, m.mailbox_id, m.state = 'live',
        floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM mailbox m
      WHERE NOT EXISTS (SELECT FROM mailbox_head h
        WHERE h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id)
    )
    UPDATE mailbox_head h SET live = m.state = 'live' FROM mailbox m
    WHERE m.account_id = h.account_id AND m.mailbox_id = h.mailbox_id AND h.live <> (m.state = 'live')`,
  ],
  [
    /^I4 head without a mailbox/,
    `INSERT INTO mailbox (account_id, mailbox_id, name, uid_validity)
    SELECT h.account_id, h.mailbox_id, 'Recovered ' || h.mailbox_id,
      floor(extract(epoch FROM clock_timestamp()))::bigint - 1262304000 + row_number() OVER ()
    FROM mailbox_head h WHERE NOT EXISTS (SELECT FROM mailbox m
      WHERE m.account_id = h.account_id AND m.mailbox_id = h.mailbox_id)`,
  ],
  [
    /^Q1 /,
    `DELETE FROM queue_recipient r
    WHERE NOT EXISTS (SELECT FROM queue_message m WHERE m.queue_id = r.queue_id)`,
  ],
  [
    /^Q2 /,
    `DELETE FROM queue_message m
    WHERE NOT EXISTS (SELECT FROM queue_recipient r WHERE r.queue_id = m.queue_id)`,
  ],
  [
    /^Q3 /,
    `UPDATE queue_message m SET finished_at = CASE WHEN m.finished_at IS NULL THEN now() END
    WHERE (m.finished_at IS NULL) IS DISTINCT FROM EXISTS (SELECT FROM queue_recipient r
      WHERE r.queue_id = m.queue_id AND r.state IN ('waiting', 'held'))`,
  ],
  [
    /^Q5 /,
    `UPDATE queue_recipient SET lease = NULL, worker = NULL
    WHERE lease IS NOT NULL AND state NOT IN ('waiting', 'held')`,
  ],
  [
    /^Q6 /,
    `WITH late AS (SELECT destination, next_at FROM queue_recipient WHERE state = 'waiting'), noted AS (${lowerDue('late')}
    ) SELECT`,
  ],
  [
    /^Q7 /,
    `UPDATE queue_recipient SET held_by = 'operator', held_at = coalesce(held_at, now())
    WHERE state = 'held' AND (held_by IS NULL OR held_at IS NULL)`,
  ],
  ...accountTables.map((table): readonly [RegExp, string] => [
    new RegExp(`^A5 .* has rows of ${table}$`),
    `DELETE FROM ${table} r WHERE ${withoutAccount('r')}`,
  ]),
]

const dropSegments = statement(
  'mend_drop_segments',
  `WITH gone AS (DELETE FROM mailbox_segment WHERE account_id = $1::uuid AND mailbox_id = $2::bigint)
  UPDATE mailbox_base SET segment_uid = 1 WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const dropSearch = statement(
  'mend_drop_search',
  `DELETE FROM search_segment WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const orphansStatement = tupleStatement<readonly [number]>(
  'mend_orphans',
  `DELETE FROM entry e WHERE e.account_id = $1::uuid AND e.mailbox_id = $2::bigint AND NOT EXISTS (
    SELECT FROM message m WHERE m.account_id = e.account_id AND m.message_id = e.message_id)
  RETURNING e.uid`,
)

/** Why some findings are left. */
const left: Readonly<Record<string, string>> = {
  I6: 'its octets are lost here: they may be in a backup',
  Q4: 'its octets are lost here: drop it from the queue, or bring them back from a backup',
  A1: 'nobody knows which address it had: posthouse account remove',
  A3: 'nobody knows where it led: posthouse alias',
  A4: 'nobody knows whose they were: they may be told apart in a backup',
  D1: 'which of the two is meant nobody knows: posthouse domain alias remove, or account rename',
  D2: 'which of them is meant nobody knows: posthouse domain alias remove',
}

/**
 * Mends what the check finds, each in a small transaction under the locks that everybody takes, as often as something new
 * shows (a head that was missing has counters, too). Gives every finding with what became of it.
 */
export async function mendStore(database: Database): Promise<readonly Mending[]> {
  const mendings = new Map<string, Mending>()
  for (let round = 1; round <= mostRounds; round++) {
    const findings = [...(await checkMailboxes(database)), ...(await checkQueue(database))]
    const fresh = findings.filter((finding) => !mendings.has(keyOf(finding)))
    if (fresh.length === 0) break
    for (const finding of fresh) {
      const because = await mend(database, finding)
      mendings.set(keyOf(finding), because === undefined ? { finding } : { finding, because })
    }
  }
  return [...mendings.values()]
}

const mostRounds = 5

function keyOf({ invariant, account, mailbox, text }: Finding): string {
  return [invariant, account, mailbox, text].join(' ')
}

/** Undefined: mended. Else why not. */
async function mend(database: Database, finding: Finding): Promise<string | undefined> {
  if (await tidyUp(database, finding)) return undefined
  try {
    return await database.transact((tx) => mendOne(tx, finding), { retry: true })
  } catch (error) {
    if (error instanceof Unmendable) return error.message
    throw error
  }
}

/** What the keepers would have done in time, in their way. */
async function tidyUp(database: Database, { invariant, text }: Finding): Promise<boolean> {
  if (invariant !== 'I13') return false
  const hash = /^content ([0-9a-f]{2})[0-9a-f]+ is referred to by nothing/.exec(text)?.[1]
  if (hash !== undefined) await collectContents(database, Number.parseInt(hash, 16))
  const isOver = /^partition \S+ is past its time/.test(text)
  if (isOver) await keepTracePartitions(database)
  return isOver || hash !== undefined
}

async function mendOne(tx: Transaction, finding: Finding): Promise<string | undefined> {
  const { invariant, account, mailbox, text } = finding
  const orphans = orphanRules.find(({ what }) => invariant === 'I13' && what.test(text))
  if (orphans?.mend !== undefined) {
    await tx.execute(unnamed(orphans.mend))
    return undefined
  }
  const sweep = sweeps.find(([what]) => what.test(`${invariant} ${text}`))
  if (sweep !== undefined) {
    await tx.execute(statement(`mend_${sweeps.indexOf(sweep)}`, sweep[1]))
    return undefined
  }
  if (invariant === 'A2') return makeInbox(tx, text)
  if (account === undefined || mailbox === undefined) return left[invariant] ?? 'no way is known'
  if (/^entry \d+ has no message/.test(text)) return expungeOrphans(tx, finding)
  if (invariant === 'I10') await tx.execute(dropSegments, [account, mailbox])
  else if (invariant === 'I11') await tx.execute(dropSearch, [account, mailbox])
  else if (/^I[1-5]$/.test(invariant)) await mendMailbox(tx, account, mailbox)
  else return left[invariant] ?? 'no way is known'
  return undefined
}

/** The message is lost; sessions and clients are told that it is gone, like any other that is expunged. */
async function expungeOrphans(tx: Transaction, { account, mailbox }: Finding) {
  if (account === undefined || mailbox === undefined) return undefined
  const heads = await lockHeads(tx, account, [mailbox])
  const look = await lookAtMailbox(tx, account, mailbox)
  const gone = await tx.query(orphansStatement, [account, mailbox])
  const head = heads.get(mailbox)
  // In a mailbox that is deleted they go without a word.
  if (head === undefined || look === undefined) return undefined
  if (look.state === undefined || look.problems.length > 0)
    throw new Unmendable('mend the mailbox first')
  const uids = Uint32Array.from(gone, ([uid]) => uid).toSorted()
  const plan = planExpunge(look.state, uids)
  if (plan !== undefined) await appendLog(tx, account, mailbox, head.changeSeq, plan)
  return undefined
}

async function makeInbox(tx: Transaction, text: string): Promise<undefined> {
  const id = /^account (\S+)/.exec(text)?.[1]
  if (id !== undefined) await insertMailboxes(tx, accountId(id), [['INBOX', null]])
}
