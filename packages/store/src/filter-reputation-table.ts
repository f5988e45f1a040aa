import type { Database } from './database.ts'
import { houseAccount, type FilterFame, type FilterReputation } from './filter-learning.ts'
import { statement, tupleStatement } from './statement.ts'

/** The same as counts at present: they halve every thirty days. */
const decay = (since: string): string =>
  `power(2, -extract(epoch FROM now() - ${since}) / (30 * 86400))::real`

const fameStatement = tupleStatement<readonly [string, number, number]>(
  'filter_fame',
  `SELECT subject, spam * ${decay('at')}, ham * ${decay('at')} FROM filter_reputation
  WHERE account_id = $1::uuid AND subject = ANY ($2::text[])`,
)
const noteStatement = statement(
  'filter_note_fame',
  `INSERT INTO filter_reputation AS r (account_id, subject, spam, ham)
  SELECT $1::uuid, s, $3::int, 1 - $3::int FROM (SELECT DISTINCT unnest($2::text[])) AS n (s) ORDER BY s
  ON CONFLICT (account_id, subject) DO UPDATE SET spam = r.spam * ${decay('r.at')} + excluded.spam,
    ham = r.ham * ${decay('r.at')} + excluded.ham, at = now()`,
)
const correspondentsStatement = tupleStatement<readonly [string]>(
  'filter_correspondents',
  `SELECT account_id FROM filter_correspondent WHERE account_id = ANY ($1::uuid[]) AND address = $2`,
)
/** A row is written anew once a week at most. */
const wroteStatement = statement(
  'filter_wrote',
  `INSERT INTO filter_correspondent AS c (account_id, address, last_on)
  SELECT $1::uuid, a, current_date FROM (SELECT DISTINCT unnest($2::text[])) AS n (a) ORDER BY a
  ON CONFLICT (account_id, address) DO UPDATE SET last_on = current_date WHERE c.last_on < current_date - 7`,
)

/** What is remembered of senders, in Postgres. */
export class FilterReputationTable implements FilterReputation {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async fame(
    subjects: readonly string[],
    account: string | undefined,
  ): Promise<ReadonlyMap<string, FilterFame>> {
    const rows = await this.#database.read(fameStatement, [account ?? houseAccount, subjects])
    return new Map(rows.map(([subject, spam, ham]) => [subject, { spam, ham }]))
  }

  async note(
    subjects: readonly string[],
    isSpam: boolean,
    account: string | undefined,
  ): Promise<void> {
    if (subjects.length === 0) return
    await this.#database.execute(noteStatement, [account ?? houseAccount, subjects, Number(isSpam)])
  }

  async correspondents(accounts: readonly string[], address: string): Promise<ReadonlySet<string>> {
    const rows = await this.#database.read(correspondentsStatement, [accounts, address])
    return new Set(rows.map(([account]) => account))
  }

  async wrote(account: string, addresses: readonly string[]): Promise<void> {
    if (addresses.length === 0) return
    await this.#database.execute(wroteStatement, [account, addresses])
  }
}
