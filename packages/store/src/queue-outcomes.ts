import { faultPoint } from '@posthouse/telemetry/fault-point'

import type { Database } from './database.ts'
import type { Delivery, DeliveryResult } from './delivery.ts'
import type { AttemptOutcome, OutcomeReport, Recorded } from './queue.ts'
import { plainText } from './plain-text.ts'
import { lowerDue } from './queue-destinations.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'
import { clear, strike } from './suppression-strikes.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

type Place = readonly [queueId: string, n: number]

/** Two workers may finish the last two recipients of a message: one must see the other's outcome. */
const lockMessages = tupleStatement<readonly [string]>(
  'queue_lock_messages',
  `SELECT queue_id FROM queue_message WHERE queue_id = ANY ($1::uuid[])
  ORDER BY queue_id FOR NO KEY UPDATE`,
)

/** All outcomes in one statement. A row whose token is another's by now is not touched, and so not returned. */
const recordAll = tupleStatement<Place>(
  'queue_record',
  `WITH done AS (
  UPDATE queue_recipient r SET
    state = CASE o.kind WHEN 'delivered' THEN 'delivered' WHEN 'bounced' THEN 'bounced' ELSE r.state END,
    next_at = CASE WHEN o.kind IN ('deferred', 'unknown')
      THEN now() + make_interval(secs => o.retry_in) ELSE r.next_at END,
    lease = NULL, worker = NULL, last_at = now(), last_outcome = o.kind,
    unknowns = r.unknowns + (o.kind = 'unknown')::int,
    last_host = o.host, last_code = o.code, last_enhanced = o.enhanced, last_text = o.text
  FROM unnest($2::uuid[], $3::int[], $4::text[], $5::float8[], $6::text[], $7::int[], $8::text[], $9::text[],
    $10::text[]) AS o (queue_id, n, kind, retry_in, host, code, enhanced, text, tls)
  WHERE r.queue_id = o.queue_id AND r.n = o.n AND r.lease = $1
  RETURNING r.queue_id, r.n, r.destination, r.address, r.attempts, r.next_at, o.kind, o.host, o.code, o.enhanced, o.text,
    o.tls
  ), again AS (
    SELECT destination, next_at FROM done WHERE kind IN ('deferred', 'unknown')
  ), noted AS (${lowerDue('again')}
  ), struck AS (${strike}
  ), cleared AS (${clear}
  ), told AS (
    INSERT INTO trace (kind, queue_id, account_id, details)
    SELECT CASE d.kind WHEN 'delivered' THEN 'sent' ELSE d.kind END, d.queue_id, m.account_id,
      json_strip_nulls(json_build_object('to', d.address, 'n', d.n, 'attempt', d.attempts, 'host', d.host,
        'tls', d.tls, 'code', d.code, 'enhanced', d.enhanced, 'text', d.text,
        'next', CASE WHEN d.kind IN ('deferred', 'unknown') THEN d.next_at END))
    FROM done d JOIN queue_message m ON m.queue_id = d.queue_id
  ) SELECT queue_id, n FROM done`,
)

/** A message whose last recipient has an end is finished. $1: messages that are locked. */
export const finishMessages = statement(
  'queue_finish',
  `UPDATE queue_message m SET finished_at = now()
  WHERE m.queue_id = ANY ($1::uuid[]) AND m.finished_at IS NULL AND NOT EXISTS (
    SELECT FROM queue_recipient r WHERE r.queue_id = m.queue_id AND r.state IN ('waiting', 'held'))`,
)

const markTold = statement(
  'queue_mark_delay',
  `UPDATE queue_recipient r SET delay_told_at = now()
  FROM unnest($1::uuid[], $2::int[]) AS o (queue_id, n)
  WHERE r.queue_id = o.queue_id AND r.n = o.n`,
)

/** Makes a delivery ready to be written inside a transaction. */
export type PrepareDelivery = (
  delivery: Delivery,
) => Promise<(tx: Transaction) => Promise<DeliveryResult>>

/** Recording what attempts came to, and the reports about them, in one transaction. */
export class QueueOutcomes {
  readonly #database: Database
  readonly #prepare: PrepareDelivery

  constructor(database: Database, prepare: PrepareDelivery) {
    this.#database = database
    this.#prepare = prepare
  }

  /** See `Queue.record`. */
  async record(
    token: string,
    outcomes: readonly AttemptOutcome[],
    reports: readonly OutcomeReport[] = [],
  ): Promise<Recorded> {
    if (outcomes.length === 0) return { recorded: 0, lost: [] }
    // Everything that the reports need of the database is read before, on other connections.
    const writers = await Promise.all(
      reports.map(async (report) => ({ report, write: await this.#prepare(report.delivery) })),
    )
    await faultPoint('store.queue.before-record')
    const places = await this.#database.transact(
      async (tx) => {
        const recorded = await writeOutcomes(tx, token, outcomes)
        for (const { report, write } of writers) {
          if (!isAboutRecorded(report, recorded)) continue
          if (report.kind === 'delay') void tell(tx, report).catch(() => {})
          await write(tx)
        }
        return recorded
      },
      { retry: true },
    )
    await faultPoint('store.queue.after-record')
    const lost = outcomes.filter(({ queueId, n }) => !places.has(placeKey(queueId, n)))
    return { recorded: places.size, lost: lost.map(({ queueId, n }) => ({ queueId, n })) }
  }
}

async function writeOutcomes(
  tx: Transaction,
  token: string,
  outcomes: readonly AttemptOutcome[],
): Promise<ReadonlySet<string>> {
  const ids = outcomes.map(({ queueId }) => uuidFromBase32(queueId))
  const unique = [...new Set(ids)]
  // Sent together; a mistake in the first two shows in the third, or at COMMIT.
  const locked = tx.query(lockMessages, [unique])
  const recorded = tx.query(recordAll, [
    token,
    ids,
    outcomes.map(({ n }) => n),
    outcomes.map(({ kind }) => kind),
    outcomes.map(({ retryInSeconds }) => retryInSeconds ?? 0),
    outcomes.map(({ reply }) => plainText(reply.host)),
    outcomes.map(({ reply }) => reply.code ?? null),
    outcomes.map(({ reply }) => plainText(reply.enhanced)),
    outcomes.map(({ reply }) => plainText(reply.text) ?? ''),
    outcomes.map(({ reply }) => plainText(reply.tls)),
  ])
  const finished = tx.execute(finishMessages, [unique])
  const [, places] = await Promise.all([locked, recorded, finished])
  return new Set(places.map(([id, n]) => placeKey(uuidToBase32(id), n)))
}

function isAboutRecorded({ about }: OutcomeReport, recorded: ReadonlySet<string>): boolean {
  return about.every(({ queueId, n }) => recorded.has(placeKey(queueId, n)))
}

function tell(tx: Transaction, { about }: OutcomeReport): Promise<number> {
  const ids = about.map(({ queueId }) => uuidFromBase32(queueId))
  const numbers = about.map(({ n }) => n)
  return tx.execute(markTold, [ids, numbers])
}

/** Ids may come in either case; they are compared in one. */
function placeKey(queueId: string, n: number): string {
  return `${queueId.toUpperCase()} ${n}`
}
