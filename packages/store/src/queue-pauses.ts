import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import { plainLine } from './plain-text.ts'
import { everywhere } from './queue-destinations.ts'
import { queueChannel } from './queue-insert.ts'
import { statement } from './statement.ts'

/** A destination, or the whole queue, that nothing is sent to for a time. */
export interface QueuePause {
  /** Undefined: everything. */
  readonly destination: string | undefined
  readonly since: Date
  /** Undefined: until somebody resumes it. */
  readonly until: Date | undefined
  readonly by: string
  readonly because: string
}

const pause = statement(
  'queue_pause',
  `INSERT INTO queue_destination (destination, due_at, resumes_at, paused_at, paused_by, paused_because)
  VALUES ($1, 'infinity', coalesce($2::timestamptz, 'infinity'), now(), $3, $4)
  ON CONFLICT (destination) DO UPDATE SET resumes_at = excluded.resumes_at, paused_at = excluded.paused_at,
    paused_by = excluded.paused_by, paused_because = excluded.paused_because`,
)

const resume = statement(
  'queue_resume',
  `UPDATE queue_destination
  SET resumes_at = NULL, paused_at = NULL, paused_by = NULL, paused_because = NULL
  WHERE destination = $1 AND resumes_at > now()`,
)

interface Row {
  readonly destination: string
  readonly paused_at: Date
  readonly until: Date | null
  readonly paused_by: string
  readonly paused_because: string
}

const list = statement<Row>(
  'queue_pauses',
  `SELECT destination, paused_at, CASE WHEN resumes_at < 'infinity' THEN resumes_at END AS until,
    paused_by, paused_because
  FROM queue_destination WHERE resumes_at > now() ORDER BY destination`,
)

/** Destinations that are passed over. A claim does not see them: they are not in its index. */
export class QueuePauses {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** See `QueueOperations.pause`. */
  async pause(
    destination: string | undefined,
    { until, because }: { readonly until?: Date | undefined; readonly because: string },
    by: Actor,
  ): Promise<void> {
    const name = nameOf(destination)
    const why = plainLine(because) ?? ''
    await this.#database.transact(async (tx) => {
      await tx.execute(pause, [name, until ?? null, by.user, why])
      const details = { because: why, ...(until !== undefined && { until: until.toISOString() }) }
      await writeAudit(tx, by, 'queue.paused', name, details)
    })
  }

  /** See `QueueOperations.resume`. */
  async resume(destination: string | undefined, by: Actor): Promise<boolean> {
    const name = nameOf(destination)
    return this.#database.transact(async (tx) => {
      const count = await tx.execute(resume, [name])
      if (count > 0) await writeAudit(tx, by, 'queue.resumed', name)
      tx.notify(queueChannel, '')
      return count > 0
    })
  }

  /** See `QueueOperations.pauses`. */
  async list(): Promise<readonly QueuePause[]> {
    const rows = await this.#database.query(list)
    return rows.map((row) => ({
      destination: row.destination === everywhere ? undefined : row.destination,
      since: row.paused_at,
      until: row.until ?? undefined,
      by: row.paused_by,
      because: row.paused_because,
    }))
  }
}

function nameOf(destination: string | undefined): string {
  return destination?.toLowerCase() ?? everywhere
}
