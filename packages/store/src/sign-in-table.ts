import { networkText } from './client-network.ts'
import type { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import type { SignInFilter, SignInRecord, SignIns } from './sign-ins.ts'
import { statement } from './statement.ts'
import { uuidToBase32 } from './uuid-v7.ts'

/** Stands for the account's own password. */
export const noAppPassword = '00000000-0000-0000-0000-000000000000'

/** How long records are kept, in days. */
export const signInDays = 30

/** Of one account, failures and successes each: a botnet's addresses must not fill the disk, nor push the owner's out. */
const mostOfAccount = 1_000

interface Row {
  readonly protocol: SignInRecord['protocol']
  readonly client: string
  readonly result: SignInRecord['result']
  readonly app_password_id: string
  readonly name: string | null
  readonly times: number
  readonly first_at: Date
  readonly last_at: Date
}

const list = statement<Row>(
  'sign_in_list',
  `SELECT s.protocol, s.client, s.result, s.app_password_id, p.name, s.times, s.first_at, s.last_at
  FROM sign_in s LEFT JOIN app_password p ON p.app_password_id = s.app_password_id
  WHERE s.account_id = $1 AND (NOT $2::boolean OR s.result <> 'ok') AND ($3::timestamptz IS NULL OR s.last_at >= $3)
  ORDER BY s.last_at DESC, s.client, s.protocol LIMIT $4`,
)

/** In the order of the key, so that two processes never lock two rows crosswise. Accounts may be gone by now. */
const note = statement(
  'sign_in_note',
  `INSERT INTO sign_in AS s (account_id, slot, protocol, client, result, app_password_id, times, first_at, last_at)
  SELECT a.account_id,
    date_trunc(CASE t.result WHEN 'ok' THEN 'day' ELSE 'hour' END, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
    t.protocol, t.client, t.result, t.app_password_id, t.times, now(), now()
  FROM unnest($1::uuid[], $2::text[], $3::cidr[], $4::text[], $5::uuid[], $6::integer[])
    AS t (account_id, protocol, client, result, app_password_id, times)
  JOIN account a ON a.account_id = t.account_id
  ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (account_id, slot, protocol, client, result, app_password_id)
  DO UPDATE SET times = s.times + excluded.times, last_at = now()`,
)

const forget = statement(
  'sign_in_forget',
  `DELETE FROM sign_in WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM sign_in WHERE slot < now() - make_interval(days => ${signInDays + 1}) LIMIT 20000))`,
)

/**
 * What accounts have too much of, a hundred accounts at a time; only one that was written to lately can have it. It is asked for
 * by what is too much, so that accounts which have many and not too many are not looked at in the place of others.
 */
const crop = statement(
  'sign_in_crop',
  `DELETE FROM sign_in WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM (
      SELECT ctid, row_number() OVER (PARTITION BY account_id, result = 'ok' ORDER BY last_at DESC) AS n
      FROM sign_in WHERE account_id IN (
        SELECT r.account_id FROM (
          SELECT account_id FROM sign_in WHERE slot >= now() - interval '1 day'
          GROUP BY account_id HAVING count(*) > $1 / 10
        ) r
        CROSS JOIN LATERAL (
          SELECT count(*) FILTER (WHERE s.result = 'ok') AS ok, count(*) FILTER (WHERE s.result <> 'ok') AS failed
          FROM sign_in s WHERE s.account_id = r.account_id OFFSET 0
        ) c
        WHERE c.ok > $1 OR c.failed > $1 LIMIT 100)) AS all_of_them
    WHERE n > $1 LIMIT 100000))`,
)

/** Attempts that are alike, to be written. */
export interface SignInNote {
  readonly account: AccountId
  readonly protocol: string
  /** As Postgres reads a `cidr`. */
  readonly client: string
  readonly result: string
  readonly appPassword: string
  times: number
}

/** Adds these to what is recorded. */
export async function writeSignIns(
  database: Database,
  notes: readonly SignInNote[],
): Promise<void> {
  await database.execute(note, [
    notes.map(({ account }) => account),
    notes.map(({ protocol }) => protocol),
    notes.map(({ client }) => client),
    notes.map(({ result }) => result),
    notes.map(({ appPassword }) => appPassword),
    notes.map(({ times }) => times),
  ])
}

/** Steps of each kind in one round: an attack must not keep the keeper from the rest of the house. */
const mostSteps = 50

/** Removes what is old, and what is too much of one account. Gives the number of rows. */
export async function purgeSignIns(database: Database, most = mostOfAccount): Promise<number> {
  const removed = await steps(() => database.execute(forget, []))
  return removed + (await steps(() => database.execute(crop, [most])))
}

async function steps(step: () => Promise<number>): Promise<number> {
  let sum = 0
  for (let i = 0; i < mostSteps; i++) {
    const removed = await step()
    if (removed === 0) break
    sum += removed
  }
  return sum
}

/** The records of one database. */
export class SignInTable implements SignIns {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async list(
    account: AccountId,
    { onlyFailed = false, since, limit = 200 }: SignInFilter = {},
  ): Promise<readonly SignInRecord[]> {
    const rows = await this.#database.query(list, [account, onlyFailed, since ?? null, limit])
    return rows.map(recordOf)
  }
}

function recordOf({ client, first_at, last_at, app_password_id, name, ...row }: Row): SignInRecord {
  const appPassword =
    app_password_id === noAppPassword
      ? undefined
      : { id: uuidToBase32(app_password_id), name: name ?? undefined }
  return { ...row, client: networkText(client), appPassword, firstAt: first_at, lastAt: last_at }
}
