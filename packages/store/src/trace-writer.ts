import { statement, type Queries } from './statement.ts'
import { detailsText, rangesText, type TraceEvent } from './trace-event.ts'

const writeStatement = statement(
  'trace_write',
  `INSERT INTO trace (kind, account_id, queue_id, mailbox_id, message_id, uids, id_key, details)
  SELECT e.kind, e.account_id, e.queue_id, e.mailbox_id, e.message_id, e.uids::int8multirange, e.id_key, e.details::json
  FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[])
    AS e (kind, account_id, queue_id, mailbox_id, message_id, uids, id_key, details)`,
)

/**
 * Writes events, in the transaction of what they tell of. Need not be awaited there: it travels with the statements beside it, and
 * what goes wrong shows in COMMIT.
 */
export async function writeTrace(queries: Queries, events: readonly TraceEvent[]): Promise<void> {
  if (events.length === 0) return
  await queries.execute(writeStatement, [
    events.map(({ kind }) => kind),
    events.map(({ account }) => account ?? null),
    events.map(({ queueId }) => queueId ?? null),
    events.map(({ mailbox }) => mailbox ?? null),
    events.map(({ messageId }) => messageId ?? null),
    events.map(({ uids }) => (uids === undefined ? null : rangesText(uids))),
    events.map(({ idKey }) => idKey ?? null),
    events.map(({ details }) => detailsText(details)),
  ])
}
