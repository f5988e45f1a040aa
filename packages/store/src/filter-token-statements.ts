import { statement, tupleStatement } from './statement.ts'

/** The most that one account's lessons weigh for one token in the shared memory, in millionths, and their squares. */
export const shareCap = 50_000
export const shareSquaresCap = 2_500
/** The most lessons of one account that count towards how much the installation has seen. */
export const shareLessons = 50

export const recallShared = tupleStatement<
  readonly [number, number, number, number, number, number, number]
>(
  'filter_recall_shared',
  `SELECT token, pull, squares, spam_accounts, ham_accounts, house_pull, house_squares
  FROM filter_token WHERE token = ANY ($1::bigint[])`,
)
export const recallOwn = tupleStatement<readonly [number, number, number]>(
  'filter_recall_own',
  `SELECT token, pull, squares FROM filter_account_token
  WHERE account_id = $1::uuid AND token = ANY ($2::bigint[])`,
)
export const recallCounts = tupleStatement<readonly [string, number, number]>(
  'filter_recall_counts',
  `SELECT account_id, spam, ham FROM filter_teacher WHERE account_id = ANY ($1::uuid[])`,
)
/** A lesson: its key, kind, version, and for either view the step and its tokens. */
export type LessonRow = readonly [
  number,
  boolean,
  number,
  number,
  number,
  readonly number[],
  number,
  number,
  readonly number[],
]
const lessonColumns =
  'key, is_spam, version, pull, squares, tokens, manner_pull, manner_squares, manner_tokens'
export const lessonStatement = tupleStatement<LessonRow>(
  'filter_lesson',
  `SELECT ${lessonColumns} FROM filter_lesson WHERE account_id = $1::uuid AND key = $2::bigint`,
)
/** Keys are hashes: from a random one on, the first is as random. */
export const rehearsalStatement = tupleStatement<LessonRow>(
  'filter_rehearsal',
  `SELECT ${lessonColumns} FROM filter_lesson
  WHERE account_id = $1::uuid AND key >= $3::bigint AND is_spam = coalesce($2::boolean, is_spam)
    AND tokens <> '{}'
  ORDER BY key LIMIT 1`,
)
export const learnFirst = statement(
  'filter_learn_first',
  `INSERT INTO filter_lesson (account_id, ${lessonColumns})
  VALUES ($1::uuid, $2::bigint, $3::boolean, $4::smallint, $5::bigint, $6::bigint, $7::bigint[],
    $8::bigint, $9::bigint, $10::bigint[])
  ON CONFLICT DO NOTHING`,
)
const unchanged = (first: number): string =>
  ['is_spam', 'pull', 'squares', 'manner_pull', 'manner_squares']
    .map((column, i) => `${column} = $${first + i}::${i === 0 ? 'boolean' : 'bigint'}`)
    .join(' AND ')
export const learnAnew = statement(
  'filter_learn_anew',
  `UPDATE filter_lesson SET is_spam = $3::boolean, version = $4::smallint,
    pull = $5::bigint, squares = $6::bigint, tokens = $7::bigint[],
    manner_pull = $8::bigint, manner_squares = $9::bigint, manner_tokens = $10::bigint[],
    at = CASE WHEN is_spam = $3::boolean THEN at ELSE now() END
  WHERE account_id = $1::uuid AND key = $2::bigint AND ${unchanged(11)}`,
)
export const forgetLesson = statement(
  'filter_forget_lesson',
  `DELETE FROM filter_lesson WHERE account_id = $1::uuid AND key = $2::bigint AND ${unchanged(3)}`,
)

/** Always in the order of tokens: two lessons at one moment have most words in common. */
export const teachHouse = statement(
  'filter_teach_house',
  `INSERT INTO filter_token AS t (token, pull, squares, spam_accounts, ham_accounts,
    house_pull, house_squares, house_lessons, touched)
  SELECT x, 0, 0, 0, 0, $2::bigint, $3::bigint, $4::int, current_date FROM unnest($1::bigint[]) AS x ORDER BY x
  ON CONFLICT (token) DO UPDATE SET house_pull = t.house_pull + excluded.house_pull,
    house_squares = t.house_squares + excluded.house_squares,
    house_lessons = t.house_lessons + excluded.house_lessons, touched = excluded.touched`,
)

const cappedPull = (pull: string): string => `least(${shareCap}, greatest(-${shareCap}, ${pull}))`
const growth = (capped: (value: string) => string, now: string, step: string): string =>
  `${capped(now)} - ${capped(`${now} - ${step}`)}`
const cappedSquares = (squares: string): string => `least(${shareSquaresCap}, ${squares})`
const cappedCount = (count: string): string => `least(${shareLessons}, ${count})`

/**
 * The account's own sums in full, and of them as much to the shared memory as its share grows: the share is a function of the
 * account's sums, so nothing an account does can take it over its bounds.
 */
export const teachAccount = statement(
  'filter_teach_account',
  `WITH own AS (
    INSERT INTO filter_account_token AS t (account_id, token, pull, squares, touched)
    SELECT $1::uuid, x, $3::bigint, $4::bigint, current_date FROM unnest($2::bigint[]) AS x ORDER BY x
    ON CONFLICT (account_id, token) DO UPDATE SET pull = t.pull + excluded.pull,
      squares = t.squares + excluded.squares, touched = excluded.touched
    RETURNING token, pull, squares
  ), share AS (
    SELECT token, ${growth(cappedPull, 'pull', '$3::bigint')} AS pull,
      ${growth(cappedSquares, 'squares', '$4::bigint')} AS squares,
      (pull > 0)::int - (pull - $3::bigint > 0)::int AS spam_accounts,
      (pull < 0)::int - (pull - $3::bigint < 0)::int AS ham_accounts
    FROM own
  )
  INSERT INTO filter_token AS t (token, pull, squares, spam_accounts, ham_accounts,
    house_pull, house_squares, house_lessons, touched)
  SELECT token, pull, squares, spam_accounts, ham_accounts, 0, 0, 0, current_date
  FROM share WHERE pull <> 0 OR squares <> 0 OR spam_accounts <> 0 OR ham_accounts <> 0 ORDER BY token
  ON CONFLICT (token) DO UPDATE SET pull = t.pull + excluded.pull, squares = t.squares + excluded.squares,
    spam_accounts = t.spam_accounts + excluded.spam_accounts,
    ham_accounts = t.ham_accounts + excluded.ham_accounts, touched = excluded.touched`,
)

/** A teacher's own count, and what of it counts for all. */
export const countLesson = statement(
  'filter_count_lesson',
  `WITH own AS (
    INSERT INTO filter_teacher AS t (account_id, spam, ham) VALUES ($1::uuid, $2::int, $3::int)
    ON CONFLICT (account_id) DO UPDATE SET spam = t.spam + excluded.spam, ham = t.ham + excluded.ham
    RETURNING spam, ham
  )
  INSERT INTO filter_teacher AS t (account_id, spam, ham)
  SELECT $4::uuid, ${growth(cappedCount, 'spam', '$2::int')}, ${growth(cappedCount, 'ham', '$3::int')}
  FROM own WHERE $1::uuid <> $4::uuid
  ON CONFLICT (account_id) DO UPDATE SET spam = t.spam + excluded.spam, ham = t.ham + excluded.ham`,
)
