import { domainKey } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import type { Domain, Domains } from './domains.ts'
import { statement } from './statement.ts'

const select = statement<Domain>(
  'domain_list',
  `SELECT d.name, d.created_at AS "createdAt",
    count(a.account_id) AS accounts,
    count(a.domain) FILTER (WHERE a.account_id IS NULL) AS aliases
  FROM domain d LEFT JOIN address a ON a.domain = d.name
  WHERE $1::text IS NULL OR d.name = $1
  GROUP BY d.name ORDER BY d.name`,
)

/** Domains over one database. */
export function domainAdmin(database: Database): Domains {
  return {
    async create(text, by) {
      const name = domainKey(text)
      if (name === undefined) return 'malformed'
      const { insertDomain } = await import('./domain-writes.ts')
      return database.transact(async (tx) => {
        if (!(await insertDomain(tx, name))) return 'exists'
        await writeAudit(tx, by, 'domain.created', name)
        return 'done'
      })
    },
    list: () => database.query(select, [null]),
    async show(text) {
      const name = domainKey(text)
      if (name === undefined) return undefined
      const rows = await database.query(select, [name])
      return rows[0]
    },
    async remove(text, by) {
      const name = domainKey(text)
      if (name === undefined) return 'not-found'
      const { deleteDomain } = await import('./domain-writes.ts')
      return database.transact(async (tx) => {
        const outcome = await deleteDomain(tx, name)
        if (outcome === 'done') await writeAudit(tx, by, 'domain.removed', name)
        return outcome
      })
    },
  }
}
