import { createHash } from 'node:crypto'
import type { ContentReader } from './content-reader.ts'
import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'
import type { CheckWatch, Finding } from './store.ts'

const nextStatement = tupleStatement<readonly [Buffer, number]>(
  'check_contents',
  `SELECT hash, size FROM content WHERE hash > $1 ORDER BY hash LIMIT 500`,
)

/** As the planner has it: a table of ten million is not counted for a line of progress. */
const countStatement = tupleStatement<readonly [number]>(
  'check_contents_count',
  `SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'content'::regclass`,
)

/**
 * Reads every content and compares it with its hash (I12): hours, where there is much. What is wrong is reported only: the octets
 * that were are in a backup or nowhere.
 */
export async function checkContents(
  database: Database,
  contents: ContentReader,
  { told, signal }: CheckWatch = {},
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const [[about] = [0]] = await database.query(countStatement)
  let done = 0
  let after: Buffer = Buffer.alloc(0)
  for (;;) {
    const rows = await database.query(nextStatement, [after])
    for (const [hash, size] of rows) {
      if (signal?.aborted === true) return findings
      const problem = await problemOf(contents, hash, size)
      told?.((done += 1), Math.max(done, about))
      if (problem === undefined) continue
      findings.push({ invariant: 'I12', text: `content ${hash.toString('hex')} ${problem}` })
    }
    const last = rows.at(-1)
    if (last === undefined) return findings
    after = last[0]
  }
}

async function problemOf(
  contents: ContentReader,
  hash: Buffer,
  size: number,
): Promise<string | undefined> {
  const sum = createHash('sha256')
  let length = 0
  try {
    for await (const piece of contents.pieces(hash, size, 0, size)) {
      sum.update(piece)
      length += piece.length
    }
  } catch (error) {
    // Damaged zstd; a database that is away is no finding.
    const isDamage =
      error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD')
    if (!isDamage) throw error
    return 'can not be read'
  }
  if (length !== size) return 'is not as long as it was'
  return sum.digest().equals(hash) ? undefined : 'is not what was delivered'
}
