import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'

/** Content that nothing refers to stays this long: a delivery of the same octets may be under way. */
export const contentGraceSeconds = 24 * 60 * 60

/** Contents of one transaction. */
const batch = 200

/** True of a row of `content` that nothing committed refers to. Whatever comes to refer to contents is named here. */
export const unreferenced = (content: string): string =>
  ['message', 'queue_message', 'quarantine']
    .map((table) => `NOT EXISTS (SELECT FROM ${table} r WHERE r.content = ${content}.hash)`)
    .join(' AND ')

/**
 * The age protects: a delivery under way has locked the row and refreshed last_ref, which is looked at again after the lock
 * is ours; NOT EXISTS alone does not see what is not committed (measured: dangling messages). A row that is locked is
 * being referred to and is left alone.
 */
const collectStatement = tupleStatement<readonly [Buffer]>(
  'content_collect',
  `WITH dead AS (
    SELECT c.hash FROM content c
    WHERE c.hash >= $1 AND ($2::bytea IS NULL OR c.hash < $2)
      AND c.last_ref < now() - make_interval(secs => $3)
      AND ${unreferenced('c')}
    ORDER BY c.hash LIMIT ${batch} FOR UPDATE SKIP LOCKED
  ), chunks AS (
    DELETE FROM content_chunk k USING dead WHERE k.hash = dead.hash
  )
  DELETE FROM content c USING dead WHERE c.hash = dead.hash RETURNING c.hash`,
)

/** Erases contents whose hash begins with this octet and that nothing refers to; gives how many. */
export async function collectContents(
  database: Database,
  firstOctet: number,
  graceSeconds = contentGraceSeconds,
): Promise<number> {
  const from = Buffer.from([firstOctet])
  const below = firstOctet === 0xff ? null : Buffer.from([firstOctet + 1])
  let collected = 0
  for (;;) {
    const rows = await database.query(collectStatement, [from, below, graceSeconds])
    collected += rows.length
    if (rows.length < batch) return collected
  }
}
