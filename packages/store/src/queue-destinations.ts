import { faultPoint } from '@posthouse/telemetry/fault-point'

import type { Database } from './database.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

/** The destination that stands for all. */
export const everywhere = '*'

/** Shares of a destination's index, most urgent first: what `priority` of a recipient can be. */
export const priorities = '(VALUES (1::smallint), (0::smallint), (-1::smallint)) AS p (priority)'

/**
 * A CTE that keeps the promise of table queue_destination (`due_at` is never too late) for recipients that were just made due:
 * `rows` names a CTE with columns destination and next_at.
 */
export function lowerDue(rows: string): string {
  return `INSERT INTO queue_destination AS d (destination, due_at)
    SELECT destination, min(next_at) FROM ${rows} GROUP BY destination ORDER BY destination
    ON CONFLICT (destination) DO UPDATE SET due_at = excluded.due_at WHERE d.due_at > excluded.due_at`
}

/**
 * New recipients come to the same few destinations all the time, which are due already: they lock the row as a foreign key would,
 * side by side, and only the first one of an idle destination writes.
 */
const noteStatement = statement(
  'queue_note_due',
  `WITH wanted AS (
    SELECT destination, min(coalesce(due, now())) AS next_at
    FROM unnest($1::text[], $2::timestamptz[]) AS w (destination, due) GROUP BY destination
  ), known AS MATERIALIZED (
    SELECT q.destination, q.due_at FROM wanted w JOIN queue_destination q USING (destination)
    ORDER BY q.destination FOR KEY SHARE OF q
  ), later AS (
    SELECT w.destination, w.next_at FROM wanted w LEFT JOIN known k USING (destination)
    WHERE k.due_at IS NULL OR k.due_at > w.next_at
  ) ${lowerDue('later')}`,
)

/** Notes that recipients of these destinations are due, in the transaction that inserts them. Null: now. */
export async function noteDue(
  tx: Transaction,
  wanted: ReadonlyMap<string, Date | null>,
): Promise<void> {
  await tx.execute(noteStatement, [[...wanted.keys()], [...wanted.values()]])
}

const lockStatement = tupleStatement<readonly [string]>(
  'queue_settle_lock',
  `SELECT destination FROM queue_destination
  WHERE destination = ANY ($1::text[]) AND resumes_at IS NULL ORDER BY destination FOR UPDATE SKIP LOCKED`,
)

const settleStatement = statement(
  'queue_settle',
  `WITH least AS MATERIALIZED (
    SELECT d.destination, (SELECT min(r.next_at) FROM ${priorities} CROSS JOIN LATERAL (
      SELECT q.next_at FROM queue_recipient q
      WHERE q.state = 'waiting' AND q.destination = d.destination AND q.priority = p.priority
      ORDER BY q.next_at LIMIT 1) r) AS next_at
    FROM unnest($1::text[]) AS d (destination)
  ), gone AS (
    DELETE FROM queue_destination d USING least l WHERE d.destination = l.destination AND l.next_at IS NULL
  )
  UPDATE queue_destination d SET due_at = l.next_at FROM least l
  WHERE d.destination = l.destination AND d.due_at < l.next_at`,
)

/** A lost settlement costs a look more, never a message. */
const unhurried = statement('queue_settle_unhurried', 'SET LOCAL synchronous_commit = off')

/**
 * Sets right when destinations are due that a claim has emptied. What is being made due at this moment has the row locked: such a
 * destination is left as it is. The look comes after the lock, in a statement of its own, so that nothing is overlooked
 * that was committed before it.
 */
export async function settleDestinations(
  database: Database,
  destinations: readonly string[],
): Promise<void> {
  await database.transact(async (tx) => {
    void tx.execute(unhurried).catch(() => {})
    const locked = await tx.query(lockStatement, [destinations])
    await faultPoint('store.queue.before-settle')
    if (locked.length > 0) await tx.execute(settleStatement, [locked.map(([name]) => name)])
  })
}
