import type { Database } from './database.ts'
import type { Pop3Beginning, Pop3Holding, Pop3SessionRules, Pop3Sessions } from './pop3-sessions.ts'
import { statement, tupleStatement } from './statement.ts'

/** Seconds for which a session holds a maildrop without being renewed. */
const leaseSeconds = 60

// One statement looks and takes: of two sessions that begin at once, one waits for the other's row and then sees it.
const beginStatement = tupleStatement<readonly [number]>(
  'pop3_session_begin',
  `INSERT INTO pop3_session AS s (account_id, holder, held_until)
  VALUES ($1::uuid, CASE WHEN $3::boolean THEN $2::uuid END,
    CASE WHEN $3::boolean THEN now() + ${leaseSeconds} * interval '1 second' END)
  ON CONFLICT (account_id) DO UPDATE SET login_at = now(),
    holder = CASE WHEN $3::boolean THEN excluded.holder ELSE s.holder END,
    held_until = CASE WHEN $3::boolean THEN excluded.held_until ELSE s.held_until END
  WHERE (NOT $3::boolean OR s.holder IS NULL OR s.held_until < now())
    AND s.login_at <= now() - $4::int * interval '1 second'
  RETURNING 1`,
)
const obstacleStatement = tupleStatement<readonly [boolean, number]>(
  'pop3_session_obstacle',
  `SELECT $2::boolean AND holder IS NOT NULL AND held_until >= now(),
    greatest(1, ceil(extract(epoch FROM login_at + $3::int * interval '1 second' - now())))::int
  FROM pop3_session WHERE account_id = $1::uuid`,
)
const renewStatement = tupleStatement<readonly [string]>(
  'pop3_session_renew',
  `UPDATE pop3_session SET held_until = now() + ${leaseSeconds} * interval '1 second'
  WHERE account_id = ANY ($1::uuid[]) AND holder = ANY ($2::uuid[]) RETURNING holder`,
)
const endStatement = statement(
  'pop3_session_end',
  `UPDATE pop3_session SET holder = NULL, held_until = NULL
  WHERE account_id = $1::uuid AND holder = $2::uuid`,
)

/** POP3 sessions, in Postgres. */
export class Pop3SessionTable implements Pop3Sessions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async begin(
    { account, session }: Pop3Holding,
    { isExclusive, delaySeconds }: Pop3SessionRules,
  ): Promise<Pop3Beginning> {
    const values = [account, session, isExclusive, delaySeconds]
    const begun = await this.#database.query(beginStatement, values)
    if (begun.length > 0) return { kind: 'begun' }
    const about = [account, isExclusive, delaySeconds]
    const [obstacle] = await this.#database.query(obstacleStatement, about)
    const [isInUse, retrySeconds] = obstacle ?? [true, 1]
    return isInUse ? { kind: 'in-use' } : { kind: 'too-soon', retrySeconds }
  }

  async renew(holdings: readonly Pop3Holding[]): Promise<ReadonlySet<string>> {
    const accounts = holdings.map(({ account }) => account)
    const sessions = holdings.map(({ session }) => session)
    const rows = await this.#database.query(renewStatement, [accounts, sessions])
    return new Set(rows.map(([holder]) => holder))
  }

  async end({ account, session }: Pop3Holding): Promise<void> {
    await this.#database.execute(endStatement, [account, session])
  }
}
