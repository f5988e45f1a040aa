import { domainKey } from './address.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { statement } from './statement.ts'
import type { StsServing, StsServings } from './sts-serving.ts'

interface Row {
  readonly mode: StsServing['mode']
  readonly max_age: number
}

const find = statement<Row>(
  'sts_serving_find',
  'SELECT mode, max_age FROM sts_serving WHERE domain = $1',
)
const lock = statement<{ readonly name: string }>(
  'sts_serving_domain',
  'SELECT name FROM domain WHERE name = $1 FOR KEY SHARE',
)
const keep = statement(
  'sts_serving_keep',
  `INSERT INTO sts_serving (domain, mode, max_age) VALUES ($1, $2, $3)
  ON CONFLICT (domain) DO UPDATE SET mode = excluded.mode, max_age = excluded.max_age`,
)
const forget = statement('sts_serving_forget', 'DELETE FROM sts_serving WHERE domain = $1')

/** Our MTA-STS policies, in Postgres. */
export class StsServingTable implements StsServings {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async of(domain: string): Promise<StsServing | undefined> {
    const [row] = await this.#database.query(find, [domainKey(domain) ?? ''])
    return row === undefined ? undefined : { mode: row.mode, maxAgeSeconds: row.max_age }
  }

  async set(
    domain: string,
    serving: StsServing | undefined,
    by: Actor,
  ): Promise<'done' | 'not-found'> {
    const name = domainKey(domain) ?? ''
    return this.#database.transact(async (tx) => {
      const [found] = await tx.query(lock, [name])
      if (found === undefined) return 'not-found'
      if (serving === undefined) await tx.execute(forget, [name])
      else await tx.execute(keep, [name, serving.mode, serving.maxAgeSeconds])
      const { mode = 'off', maxAgeSeconds = null } = serving ?? {}
      await writeAudit(tx, by, 'domain.mta-sts-changed', name, { mode, maxAgeSeconds })
      return 'done'
    })
  }
}
