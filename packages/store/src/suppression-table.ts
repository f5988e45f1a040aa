import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import { plainLine } from './plain-text.ts'
import { statement, tupleStatement } from './statement.ts'
import type { Suppression, Suppressions } from './suppressions.ts'

interface Row {
  readonly address: string
  readonly because: string
  readonly made_by: Suppression['by']
  readonly since: Date
  readonly until: Date | null
}

const columns = 'address, because, made_by, since, until'
const isNow = 'since IS NOT NULL AND (until IS NULL OR until > now())'

const find = statement<Row>(
  'suppression_find',
  `SELECT ${columns} FROM suppression
  WHERE address_key = ANY (SELECT lower(a) FROM unnest($1::text[]) AS a) AND ${isNow} ORDER BY address_key`,
)

const list = statement<Row>(
  'suppression_list',
  `SELECT ${columns} FROM suppression WHERE ${isNow} ORDER BY address_key`,
)

const add = statement(
  'suppression_add',
  `INSERT INTO suppression (address_key, address, because, made_by, since, until)
  VALUES (lower($1::text), $1, $2, 'operator', now(), $3)
  ON CONFLICT (address_key) DO UPDATE SET address = excluded.address, because = excluded.because,
    made_by = 'operator', strikes = 0, struck_at = NULL, since = now(), until = excluded.until`,
)

const remove = tupleStatement<readonly [boolean]>(
  'suppression_remove',
  `DELETE FROM suppression WHERE address_key = lower($1) RETURNING ${isNow}`,
)

/** What is over; strikes count for longer than a suppression lasts. */
const forget = statement(
  'suppression_forget',
  `DELETE FROM suppression WHERE coalesce(until, struck_at) < now() - interval '60 days' AND made_by = 'delivery'
    OR until < now() AND made_by = 'operator'`,
)

/** Suppressed addresses over one database. */
export class SuppressionTable implements Suppressions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(addresses: readonly string[]): Promise<readonly Suppression[]> {
    if (addresses.length === 0) return []
    const rows = await this.#database.query(find, [addresses])
    return rows.map(suppressionOf)
  }

  async list(): Promise<readonly Suppression[]> {
    const rows = await this.#database.query(list)
    return rows.map(suppressionOf)
  }

  async add(
    address: string,
    { because, until }: { readonly because: string; readonly until?: Date | undefined },
    by: Actor,
  ): Promise<void> {
    const why = plainLine(because) ?? ''
    await this.#database.transact(async (tx) => {
      await tx.execute(add, [address, why, until ?? null])
      const details = { because: why, ...(until !== undefined && { until: until.toISOString() }) }
      await writeAudit(tx, by, 'suppression.added', address.toLowerCase(), details)
    })
  }

  async remove(address: string, by: Actor): Promise<boolean> {
    return this.#database.transact(async (tx) => {
      const [row] = await tx.query(remove, [address])
      const wasOn = row?.[0] === true
      if (wasOn) await writeAudit(tx, by, 'suppression.removed', address.toLowerCase())
      return wasOn
    })
  }
}

/** Deletes what is over. */
export async function forgetSuppressions(database: Database): Promise<void> {
  await database.execute(forget)
}

function suppressionOf({ address, because, made_by, since, until }: Row): Suppression {
  return { address, because, by: made_by, since, until: until ?? undefined }
}
