import { applyTail, TailGap } from './apply-tail.ts'
import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { MailboxState } from './mailbox-state.ts'
import { readTail, type MailboxTail } from './mailbox-tail.ts'
import { tupleStatement } from './statement.ts'
import type { Finding } from './store.ts'

type HeadRow = readonly [AccountId, number]
type CounterRow = readonly [number, number, number, number]
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
  return findings
}

/** Replays one mailbox and compares it with its head, both as one snapshot saw them. */
async function checkMailbox(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<readonly Finding[]> {
  const [tail, counters] = await database.transact(
    (tx) =>
      Promise.all([
        readTail(tx, account, mailbox, { modSeq: 0, uidNext: 0 }),
        tx.query(countersStatement, [account, mailbox]),
      ]),
    { isolation: 'repeatable read', readOnly: true },
  )
  const found = (invariant: string, text: string): Finding => ({
    invariant,
    account,
    mailbox,
    text,
  })
  if (tail === undefined || counters[0] === undefined) return []
  const state = new MailboxState(tail.head.uidValidity)
  try {
    applyTail(state, tail)
  } catch (error) {
    if (error instanceof TailGap) return [found('I3', error.message)]
    throw error
  }
  return compare(state, tail, counters[0]).map(([invariant, text]) => found(invariant, text))
}

function compare(
  state: MailboxState,
  { head }: MailboxTail,
  [total, unseen, deleted, bytes]: CounterRow,
): readonly (readonly [string, string])[] {
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
