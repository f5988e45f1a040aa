import type { Database } from './database.ts'
import type { RemoteReply } from './queue.ts'
import { isActive } from './queue-filter.ts'
import { statement, type Statement } from './statement.ts'

/** What counts go by. */
export type QueueGrouping = 'domain' | 'sender' | 'error' | 'state' | 'age'

/** Unfinished recipients that have something in common. */
export interface QueueGroup {
  /** A domain, a sender, a state, `1h` and so on for an age; of an error the code, and the words in `reply`. */
  readonly name: string
  readonly recipients: number
  readonly held: number
  readonly octets: number
  readonly oldestSeconds: number
  /** When the first waiting one of them is due. */
  readonly nextAt: Date | undefined
  /** By error: what the remote hosts said last, of the newest of them. */
  readonly reply: RemoteReply | undefined
}

interface Row {
  readonly name: string
  readonly recipients: number
  readonly held: number
  readonly octets: number
  readonly oldest: number
  readonly next_at: Date | null
  readonly code: number | null
  readonly enhanced: string | null
  readonly host: string | null
  readonly said: string | null
}

/** Ages that people think in. */
const age = `CASE WHEN m.submitted_at > now() - interval '10 minutes' THEN '10m'
  WHEN m.submitted_at > now() - interval '1 hour' THEN '1h' WHEN m.submitted_at > now() - interval '4 hours' THEN '4h'
  WHEN m.submitted_at > now() - interval '1 day' THEN '1d' WHEN m.submitted_at > now() - interval '2 days' THEN '2d'
  ELSE 'older' END`

const names: Readonly<Record<QueueGrouping, string>> = {
  domain: 'r.destination',
  sender: `CASE m.sender WHEN '' THEN '<>' ELSE m.sender END`,
  state: `CASE WHEN ${isActive} THEN 'active' WHEN r.state = 'waiting' AND r.last_at IS NOT NULL THEN 'deferred'
    ELSE r.state END`,
  error: `coalesce(concat_ws(' ', r.last_code, r.last_enhanced), '')`,
  age,
}

/** More are for nobody's eyes. */
const mostGroups = 1_000

/** Texts differ in ids and times from message to message: of each code the newest is shown. */
function stats(by: QueueGrouping): Statement<Row> {
  const of = (column: string): string =>
    by === 'error' ? `(array_agg(r.${column} ORDER BY r.last_at DESC NULLS LAST))[1]` : 'NULL'
  return statement(
    `queue_stats_${by}`,
    `SELECT ${names[by]} AS name, count(*)::int AS recipients, count(*) FILTER (WHERE r.state = 'held')::int AS held,
      sum(m.size)::float8 AS octets, extract(epoch FROM now() - min(m.submitted_at))::float8 AS oldest,
      min(r.next_at) FILTER (WHERE r.state = 'waiting') AS next_at,
      ${of('last_code')}::int AS code, ${of('last_enhanced')}::text AS enhanced, ${of('last_host')}::text AS host,
      ${of('last_text')}::text AS said
    FROM queue_recipient r JOIN queue_message m USING (queue_id)
    WHERE r.state IN ('waiting', 'held') GROUP BY 1 ORDER BY recipients DESC, name LIMIT ${mostGroups}`,
  )
}

const statements: Readonly<Record<QueueGrouping, Statement<Row>>> = {
  domain: stats('domain'),
  sender: stats('sender'),
  error: stats('error'),
  state: stats('state'),
  age: stats('age'),
}

/** See `QueueOperations.stats`. */
export async function queueStats(
  database: Database,
  by: QueueGrouping,
): Promise<readonly QueueGroup[]> {
  const rows = await database.query(statements[by])
  return rows.map((row) => ({
    name: row.name,
    recipients: row.recipients,
    held: row.held,
    octets: row.octets,
    oldestSeconds: row.oldest,
    nextAt: row.next_at ?? undefined,
    reply: replyOf(row),
  }))
}

function replyOf({ said, host, code, enhanced }: Row): RemoteReply | undefined {
  if (said === null) return undefined
  return {
    host: host ?? undefined,
    code: code ?? undefined,
    enhanced: enhanced ?? undefined,
    text: said,
  }
}
