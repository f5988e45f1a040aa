import type { AccountId, MailboxId } from './ids.ts'
import { statement, type Queries } from './statement.ts'

/** Messages of one move that are learnt from: who moves a whole archive says nothing of each. */
const mostOfOne = 200

/** A later word on the same message takes the place of an earlier one that nobody has learnt from yet. */
const replace = `ON CONFLICT (account_id, message_id) DO UPDATE
  SET is_spam = excluded.is_spam, due = excluded.due, attempts = 0`

const askStatement = statement(
  'filter_training_ask',
  `INSERT INTO filter_training (account_id, message_id, is_spam)
  SELECT DISTINCT $1::uuid, m, $3::boolean FROM unnest($2::bigint[]) AS m ORDER BY m LIMIT ${mostOfOne} ${replace}`,
)
/**
 * Into Junk: spam. Out of Junk: not spam, unless it goes where things are thrown away. What was written here says nothing of
 * what comes in.
 */
const movedStatement = statement(
  'filter_training_moved',
  `INSERT INTO filter_training (account_id, message_id, is_spam)
  SELECT DISTINCT $1::uuid, m, t.special_use IS NOT DISTINCT FROM '\\Junk'
  FROM mailbox s, mailbox t, unnest($4::bigint[]) AS m
  WHERE s.account_id = $1::uuid AND s.mailbox_id = $2::bigint
    AND t.account_id = $1::uuid AND t.mailbox_id = $3::bigint
    AND (s.special_use IS NOT DISTINCT FROM '\\Junk') <> (t.special_use IS NOT DISTINCT FROM '\\Junk')
    AND coalesce(s.special_use, '') NOT IN ('\\Drafts', '\\Sent')
    AND coalesce(t.special_use, '') NOT IN ('\\Drafts', '\\Sent', '\\Trash')
  ORDER BY m LIMIT ${mostOfOne} ${replace}`,
)

/** Asks that these messages are learnt from. */
export async function askToLearn(
  queries: Queries,
  account: AccountId,
  messageIds: readonly number[],
  isSpam: boolean,
): Promise<void> {
  if (messageIds.length === 0) return
  await queries.execute(askStatement, [account, messageIds, isSpam])
}

/**
 * Notes what a copy or a move says of messages, in its transaction. Need not be awaited there: what goes wrong shows in COMMIT.
 */
export async function noteMoved(
  queries: Queries,
  account: AccountId,
  source: MailboxId,
  target: MailboxId,
  messageIds: ArrayLike<number>,
): Promise<void> {
  if (messageIds.length === 0) return
  await queries.execute(movedStatement, [account, source, target, Array.from(messageIds)])
}

/** What a client's keywords say: Thunderbird, Apple Mail and K-9 set them; undefined: nothing, or both. */
export function verdictOfKeywords(flags: readonly string[]): boolean | undefined {
  const names = new Set(flags.map((flag) => flag.toLowerCase()))
  const isSpam = names.has('$junk') || names.has('junk')
  const isHam = names.has('$notjunk') || names.has('nonjunk') || names.has('notjunk')
  return isSpam === isHam ? undefined : isSpam
}
