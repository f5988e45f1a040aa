import type { ContentReader } from './content-reader.ts'
import type { Database } from './database.ts'
import type { FilterTraining, FilterTrainingJob } from './filter-learning.ts'
import { askToLearn } from './filter-training-writes.ts'
import { accountId, type AccountId } from './ids.ts'
import { statement, tupleStatement } from './statement.ts'

/** A message that was worked on so often in vain is given up. */
const mostAttempts = 5
/** Larger ones are not learnt from: what makes them large is not read. */
const mostBytes = 2 * 1024 * 1024

const claimStatement = tupleStatement<readonly [AccountId, number, boolean, number]>(
  'filter_training_claim',
  `WITH mine AS (
    SELECT account_id, message_id FROM filter_training WHERE due <= now()
    ORDER BY due LIMIT $1::int FOR UPDATE SKIP LOCKED
  )
  UPDATE filter_training t SET due = now() + interval '5 minutes', attempts = t.attempts + 1 FROM mine
  WHERE t.account_id = mine.account_id AND t.message_id = mine.message_id
  RETURNING t.account_id, t.message_id, t.is_spam, t.attempts`,
)
const contentStatement = tupleStatement<readonly [Buffer, number, Buffer]>(
  'filter_training_content',
  `SELECT content, size - octet_length(prefix), prefix FROM message
  WHERE account_id = $1::uuid AND message_id = $2::bigint`,
)
const doneStatement = statement(
  'filter_training_done',
  `DELETE FROM filter_training
  WHERE account_id = $1::uuid AND message_id = $2::bigint AND is_spam = $3::boolean`,
)

type JobPlace = Pick<FilterTrainingJob, 'account' | 'messageId' | 'isSpam'>

/** Messages to be learnt from, in Postgres. */
export class FilterTrainingTable implements FilterTraining {
  readonly #database: Database
  readonly #contents: ContentReader

  constructor(database: Database, contents: ContentReader) {
    this.#database = database
    this.#contents = contents
  }

  async claim(most: number): Promise<readonly FilterTrainingJob[]> {
    const jobs: FilterTrainingJob[] = []
    const claimed = await this.#database.query(claimStatement, [most])
    for (const [account, messageId, isSpam, attempts] of claimed) {
      const place = { account: accountId(account), messageId, isSpam }
      const content = attempts > mostAttempts ? undefined : await this.#content(account, messageId)
      if (content === undefined) await this.#drop(place)
      else jobs.push({ ...place, ...content })
    }
    return jobs
  }

  done(job: FilterTrainingJob): Promise<void> {
    return this.#drop(job)
  }

  ask(account: AccountId, messageIds: readonly number[], isSpam: boolean): Promise<void> {
    return askToLearn(this.#database, account, messageIds, isSpam)
  }

  async #drop({ account, messageId, isSpam }: JobPlace): Promise<void> {
    await this.#database.execute(doneStatement, [account, messageId, isSpam])
  }

  async #content(
    account: AccountId,
    messageId: number,
  ): Promise<Pick<FilterTrainingJob, 'octets' | 'prefix'> | undefined> {
    const [row] = await this.#database.query(contentStatement, [account, messageId])
    if (row === undefined) return undefined
    const [hash, size, prefix] = row
    if (size > mostBytes) return undefined
    const octets = await this.#contents.read(hash, size, 0, size)
    return octets && { octets, prefix }
  }
}
