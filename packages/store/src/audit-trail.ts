import type { Actor, Audit, AuditEntry } from './audit.ts'
import type { Database } from './database.ts'
import { statement, type Queries } from './statement.ts'

const insert = statement(
  'audit_insert',
  'INSERT INTO audit (via, os_user, action, object, details) VALUES ($1, $2, $3, $4, $5::jsonb)',
)

interface Row {
  readonly at: Date
  readonly via: string
  readonly os_user: string
  readonly action: string
  readonly object: string
  readonly details: Record<string, unknown>
}

const select = statement<Row>(
  'audit_list',
  `SELECT at, via, os_user, action, object, details FROM audit
  WHERE ($1::text IS NULL OR object = $1) AND ($2::text IS NULL OR os_user = $2)
    AND ($3::timestamptz IS NULL OR at >= $3)
  ORDER BY audit_id DESC LIMIT $4`,
)

/** An index key has a limit of 2,704 octets. */
const maxObject = 500

/** Writes one line of the trail, in the transaction of the change. */
export async function writeAudit(
  queries: Queries,
  actor: Actor,
  action: string,
  object: string,
  details: Record<string, unknown> = {},
): Promise<void> {
  // Neither text nor jsonb can hold NUL; nor may a name of the operating system's stop a change.
  const texts = [actor.via, actor.user, action, object.slice(0, maxObject)]
  const values = texts.map((text) => text.replaceAll('\0', ''))
  const json = JSON.stringify(details).replaceAll(String.raw`\u0000`, '')
  await queries.execute(insert, [...values, json])
}

/** The trail over one database. */
export function auditTrail(database: Database): Audit {
  return {
    write: (actor, action, object, details) => writeAudit(database, actor, action, object, details),
    async list(filter = {}) {
      const { object = null, user = null, since = null, limit = 100 } = filter
      const rows = await database.query(select, [object, user, since, limit])
      return rows.map(entryOf)
    },
  }
}

function entryOf({ at, via, os_user, action, object, details }: Row): AuditEntry {
  return { at, actor: { via, user: os_user }, action, object, details }
}
