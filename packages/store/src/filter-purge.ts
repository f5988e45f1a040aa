import type { Database } from './database.ts'
import { houseAccount } from './filter-learning.ts'
import { statement, tupleStatement } from './statement.ts'

/** How long the words of a lesson are kept, so that it can be rehearsed. */
const rehearsalDays = 60
/** How long a lesson can be taken back. */
const lessonDays = 180
/** Longer than that, so that what is taken back is still there. Words that nobody has used for so long are forgotten. */
const tokenDays = 200
/** What nobody touched for so long. */
const reputationDays = 180
const correspondentDays = 3 * 365
/** Hours of similar messages that are kept. */
const similarHours = 48
/** Senders that were put off, and did not come again. */
const greylistDays = 30
/** Tokens of the shared memory, and of one account: a token is about 100 octets on disk. */
const mostShared = 5_000_000
const mostOwn = 300_000
/** Rows of one transaction. */
const batch = 5_000

const oldRows = (table: string, where: string): string =>
  `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${where} LIMIT ${batch})`

const sweeps = [
  ['lesson', 'filter_lesson', `at < now() - interval '${lessonDays} days'`],
  [
    'token',
    'filter_token',
    `touched < current_date - ${tokenDays} OR (spam_accounts <= 0 AND ham_accounts <= 0 AND house_lessons <= 0)`,
  ],
  [
    'account_token',
    'filter_account_token',
    `touched < current_date - ${tokenDays} OR (pull = 0 AND squares = 0)`,
  ],
  ['reputation', 'filter_reputation', `at < now() - interval '${reputationDays} days'`],
  ['correspondent', 'filter_correspondent', `last_on < current_date - ${correspondentDays}`],
  ['similar', 'filter_similar', `hour < floor(extract(epoch FROM now()) / 3600) - ${similarHours}`],
  ['greylist', 'greylist', `last_at < now() - interval '${greylistDays} days'`],
] as const

const sweepStatements = sweeps.map(([name, table, where]) =>
  statement(`keeper_filter_${name}`, oldRows(table, where)),
)

const forgetTokens = statement(
  'keeper_filter_lesson_tokens',
  `UPDATE filter_lesson SET tokens = '{}', manner_tokens = '{}' WHERE ctid IN (
    SELECT ctid FROM filter_lesson
    WHERE at < now() - interval '${rehearsalDays} days' AND tokens <> '{}' LIMIT ${batch})`,
)
/** Accounts whose memory has grown too large, and the day before which it is dropped. The nil account: the shared one. */
const crowdedStatement = tupleStatement<readonly [string, string]>(
  'keeper_filter_crowded',
  `SELECT account_id, (min(touched) + greatest(1, (max(touched) - min(touched)) / 4))::text
  FROM filter_account_token GROUP BY account_id HAVING count(*) > $1::int
  UNION ALL
  SELECT '${houseAccount}'::uuid, (min(touched) + greatest(1, (max(touched) - min(touched)) / 4))::text
  FROM filter_token HAVING count(*) > $2::int`,
)
/** What was learnt before that day is forgotten for good: it cannot be taken back from tokens that are gone. */
const dropLessons = statement(
  'keeper_filter_drop_lessons',
  `DELETE FROM filter_lesson WHERE ($1::uuid = '${houseAccount}' OR account_id = $1::uuid) AND at < $2::date`,
)
const dropOwn = statement(
  'keeper_filter_drop_own',
  `DELETE FROM filter_account_token WHERE account_id = $1::uuid AND touched < $2::date`,
)
const dropShared = statement(
  'keeper_filter_drop_shared',
  `DELETE FROM filter_token WHERE touched < $1::date`,
)

/** Bounds of the memory; tests use smaller ones. */
export interface FilterMemoryBounds {
  readonly shared: number
  readonly own: number
}

/** Forgets what is old, and the oldest where there is too much. Gives how many rows went. */
export async function purgeFilterMemory(
  database: Database,
  bounds: FilterMemoryBounds = { shared: mostShared, own: mostOwn },
): Promise<number> {
  let gone = 0
  await swept(() => database.execute(forgetTokens))
  for (const sweep of sweepStatements) gone += await swept(() => database.execute(sweep))
  for (const [account, day] of await database.query(crowdedStatement, [
    bounds.own,
    bounds.shared,
  ])) {
    await database.execute(dropLessons, [account, day])
    gone += await (account === houseAccount
      ? database.execute(dropShared, [day])
      : database.execute(dropOwn, [account, day]))
  }
  return gone
}

async function swept(step: () => Promise<number>): Promise<number> {
  let gone = 0
  for (;;) {
    const count = await step()
    gone += count
    if (count < batch) return gone
  }
}
