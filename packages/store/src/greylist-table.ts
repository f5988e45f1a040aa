import type { Database } from './database.ts'
import { statement, tupleStatement } from './statement.ts'

/** How long senders wait, in seconds. */
export interface GreylistTimes {
  /** A sender that comes again sooner waits on. */
  readonly afterSeconds: number
  /** One that comes again later is new. */
  readonly withinSeconds: number
  /** One that passed, and did not come for so long, is new. */
  readonly keepSeconds: number
}

/** Strangers that were put off once. */
export interface Greylist {
  /**
   * A sender comes to these accounts: whether it passes, which it does for all when it does for one. Order does not matter,
   * and many may come at once.
   */
  attempt(sender: string, accounts: readonly string[], times: GreylistTimes): Promise<boolean>
}

/**
 * $1 sender, $2 accounts, $3 after, $4 within, $5 keep. A row that has grown too old begins anew; one that passes stays so while
 * it is used.
 */
const attemptStatement = tupleStatement<readonly [boolean]>(
  'greylist_attempt',
  `INSERT INTO greylist AS g (account_id, sender)
  SELECT a, $1 FROM unnest($2::uuid[]) AS a ORDER BY a
  ON CONFLICT (account_id, sender) DO UPDATE SET
    last_at = now(),
    first_at = CASE
      WHEN g.passed AND g.last_at >= now() - make_interval(secs => $5) THEN g.first_at
      WHEN NOT g.passed AND g.first_at >= now() - make_interval(secs => $4) THEN g.first_at
      ELSE now() END,
    passed = CASE
      WHEN g.passed THEN g.last_at >= now() - make_interval(secs => $5)
      ELSE g.first_at BETWEEN now() - make_interval(secs => $4) AND now() - make_interval(secs => $3) END
  RETURNING passed`,
)
/** For the accounts that it did not pass for by themselves. */
const passStatement = statement(
  'greylist_pass',
  `UPDATE greylist SET passed = true
  WHERE account_id = ANY ($2::uuid[]) AND sender = $1 AND NOT passed`,
)

/** The greylist in Postgres. */
export class GreylistTable implements Greylist {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async attempt(
    sender: string,
    accounts: readonly string[],
    { afterSeconds, withinSeconds, keepSeconds }: GreylistTimes,
  ): Promise<boolean> {
    const own = [...new Set(accounts)]
    const rows = await this.#database.query(attemptStatement, [
      sender,
      own,
      afterSeconds,
      withinSeconds,
      keepSeconds,
    ])
    const passes = rows.some(([passed]) => passed)
    if (passes && rows.some(([passed]) => !passed)) {
      await this.#database.execute(passStatement, [sender, own])
    }
    return passes
  }
}
