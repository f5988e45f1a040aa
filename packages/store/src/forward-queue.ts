import type { Database } from './database.ts'
import type { QueueInsert } from './queue-insert.ts'
import { statement, unnamed, type Transaction } from './statement.ts'
import { uuidFromBase32 } from './uuid-v7.ts'

const insert = statement(
  'forwarding_insert',
  `INSERT INTO forwarding (path, queue_id, n)
  SELECT path, queue_id, n FROM unnest($1::text[], $2::uuid[], $3::int[]) AS f (path, queue_id, n)`,
)

/** Notes which recipients are targets of a forwarding, where any are. Does not wait for the answer. */
export function insertForwarding(tx: Transaction, inserts: readonly QueueInsert[]): void {
  const rows = inserts.flatMap(({ queueId, submission }) =>
    submission.recipients.flatMap(({ path }, index) =>
      path === undefined || path === '' ? [] : [{ path, queueId: uuidFromBase32(queueId), index }],
    ),
  )
  if (rows.length === 0) return
  const paths = rows.map(({ path }) => path)
  const ids = rows.map(({ queueId }) => queueId)
  const numbers = rows.map(({ index }) => index + 1)
  void tx.execute(insert, [paths, ids, numbers]).catch(() => {})
}

/** Finished messages are kept for a week, their time in the queue (five days, longer where it was asked for) before that. */
const keptDays = 40
/** After that a bounce of what went to it is over. */
const keptSenderDays = 40

const purges = [
  unnamed(
    `DELETE FROM forwarding WHERE ctid = ANY (ARRAY (
      SELECT f.ctid FROM forwarding f WHERE f.queue_id < $1::uuid AND NOT EXISTS (
        SELECT FROM queue_message m WHERE m.queue_id = f.queue_id) LIMIT 1000))`,
  ),
  unnamed(`DELETE FROM srs_kept WHERE used_on < current_date - ${keptSenderDays}`),
  unnamed(`DELETE FROM forward_resume WHERE resumed_at < now() - interval '${keptDays} days'`),
  unnamed(`DELETE FROM autoreply_sent WHERE sent_at < now() - interval '8 days'`),
]

/** One step of forgetting what is over. */
export async function purgeForwarding(database: Database): Promise<void> {
  const [forwardings, ...others] = purges
  if (forwardings !== undefined) await database.execute(forwardings, [idAt(Date.now() - weekMs)])
  for (const purge of others) await database.execute(purge)
}

const weekMs = 7 * 86_400_000

/** The smallest id of a time: they begin with it (RFC 9562 §5.7). */
function idAt(ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}
