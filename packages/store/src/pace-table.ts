import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import type { Pace, PaceNote, PaceReason, PaceRecord } from './pace.ts'
import { plainText } from './plain-text.ts'
import { statement, tupleStatement } from './statement.ts'

interface Row {
  readonly provider: string
  readonly source: string
  readonly connections: number
  readonly rate: number | null
  readonly ramp: number | null
  readonly ramp_at: Date
  readonly suspended_until: Date | null
  readonly suspended_since: Date | null
  readonly suspensions: number
  readonly is_resigned: boolean
  readonly because: PaceReason | null
  readonly last_at: Date | null
  readonly last_host: string | null
  readonly last_code: number | null
  readonly last_enhanced: string | null
  readonly last_text: string | null
  readonly max_recipients: number | null
  readonly max_messages: number | null
  readonly delivered: number
  readonly worker: string
  readonly changed_at: Date
}

const columns = `provider, source, connections, rate, ramp, ramp_at, suspended_until, suspended_since, suspensions,
  is_resigned, because, last_at, last_host, last_code, last_enhanced, last_text, max_recipients, max_messages,
  delivered::float8 AS delivered, worker, changed_at`

const readAll = statement<Row>(
  'pace_read',
  `SELECT ${columns} FROM pace WHERE changed_at > now() - make_interval(secs => $1)
  ORDER BY changed_at DESC LIMIT 10000`,
)

const listAll = statement<Row>(
  'pace_list',
  `SELECT ${columns} FROM pace
  ORDER BY suspended_until DESC NULLS LAST, last_at DESC NULLS LAST, provider, source LIMIT 10000`,
)

/** Ordered, so that two workers that write the same rows do not wait for each other crosswise. */
const writeAll = statement(
  'pace_write',
  `INSERT INTO pace AS p (worker, provider, source, connections, rate, ramp, ramp_at, suspended_until, suspended_since,
    suspensions, is_resigned, because, last_at, last_host, last_code, last_enhanced, last_text, max_recipients,
    max_messages, delivered)
  SELECT $1, o.* FROM unnest($2::text[], $3::text[], $4::real[], $5::real[], $6::real[], $7::timestamptz[],
    $8::timestamptz[], $9::timestamptz[], $10::smallint[], $11::boolean[], $12::text[], $13::timestamptz[], $14::text[],
    $15::smallint[], $16::text[], $17::text[], $18::integer[], $19::integer[], $20::bigint[])
    AS o (provider, source, connections, rate, ramp, ramp_at, suspended_until, suspended_since, suspensions, is_resigned,
      because, last_at, last_host, last_code, last_enhanced, last_text, max_recipients, max_messages, delivered)
  ORDER BY o.provider, o.source
  ON CONFLICT (provider, source) DO UPDATE SET worker = $1, changed_at = now(),
    connections = excluded.connections, rate = excluded.rate, ramp = excluded.ramp, ramp_at = excluded.ramp_at,
    suspended_until = excluded.suspended_until, suspended_since = excluded.suspended_since,
    suspensions = excluded.suspensions, is_resigned = excluded.is_resigned, because = excluded.because,
    last_at = excluded.last_at, last_host = excluded.last_host, last_code = excluded.last_code,
    last_enhanced = excluded.last_enhanced, last_text = excluded.last_text, max_recipients = excluded.max_recipients,
    max_messages = excluded.max_messages, delivered = p.delivered + excluded.delivered`,
)

const takeProbe = statement(
  'pace_probe',
  `UPDATE pace SET suspended_until = now() + make_interval(secs => $3), changed_at = now()
  WHERE provider = $1 AND source = $2 AND suspended_until <= now()`,
)

const beat = statement(
  'pace_beat',
  `INSERT INTO pace_worker (worker, source) SELECT $1, unnest($2::text[])
  ON CONFLICT (worker, source) DO UPDATE SET seen_at = now()`,
)

/** A worker says so every ten seconds; one that was silent for a minute is gone. */
const living = tupleStatement<readonly [string, number]>(
  'pace_living',
  `SELECT source, count(*)::int FROM pace_worker
  WHERE source = ANY ($1::text[]) AND seen_at > now() - interval '1 minute' GROUP BY source`,
)

const bury = statement(
  'pace_bury',
  `DELETE FROM pace_worker WHERE seen_at < now() - interval '1 hour'`,
)

const resume = statement(
  'pace_resume',
  `UPDATE pace SET rate = NULL, suspended_until = NULL, suspended_since = NULL, suspensions = 0, is_resigned = false,
    because = NULL, worker = '', changed_at = now()
  WHERE provider = $1`,
)

const purge = statement(
  'pace_purge',
  'DELETE FROM pace WHERE changed_at < now() - make_interval(secs => $1)',
)

/** The pace of providers in Postgres. */
export class PaceTable implements Pace {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async read(changedWithinSeconds = FOREVER_SECONDS): Promise<readonly PaceRecord[]> {
    const rows = await this.#database.query(readAll, [changedWithinSeconds])
    return rows.map(recordOf)
  }

  async list(): Promise<readonly PaceRecord[]> {
    const rows = await this.#database.query(listAll)
    return rows.map(recordOf)
  }

  async write(worker: string, notes: readonly PaceNote[]): Promise<void> {
    if (notes.length === 0) return
    const values = columnsOf(notes)
    await this.#database.transact((tx) => tx.execute(writeAll, [worker, ...values]), {
      retry: true,
    })
  }

  async takeProbe(provider: string, source: string, holdSeconds: number): Promise<boolean> {
    const count = await this.#database.execute(takeProbe, [provider, source, holdSeconds])
    return count > 0
  }

  async beat(worker: string, sources: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#database.execute(beat, [worker, sources])
    return new Map(await this.#database.query(living, [sources]))
  }

  async resume(provider: string, by: Actor): Promise<number> {
    return await this.#database.transact(async (tx) => {
      const count = await tx.execute(resume, [provider])
      if (count > 0) {
        await writeAudit(tx, by, 'provider.resumed', provider)
        tx.notify(resumeChannel, '')
      }
      return count
    })
  }

  onResume(listener: () => void): () => void {
    return this.#database.notifier.listen(resumeChannel, { onWake: listener, onGap: () => {} })
  }

  async purge(unusedSeconds: number): Promise<number> {
    await this.#database.execute(bury)
    return await this.#database.execute(purge, [unusedSeconds])
  }
}

/** A column of values for each parameter from $2 on. */
function columnsOf(notes: readonly PaceNote[]): readonly (readonly unknown[])[] {
  const states = notes.map(({ state }) => state)
  return [
    states.map(({ provider }) => provider),
    states.map(({ source }) => source),
    states.map(({ connections }) => connections),
    states.map(({ rate }) => rate),
    states.map(({ ramp }) => ramp),
    states.map(({ rampAt }) => rampAt),
    states.map(({ suspendedUntil }) => suspendedUntil),
    states.map(({ suspendedSince }) => suspendedSince),
    states.map(({ suspensions }) => suspensions),
    states.map(({ isResigned }) => isResigned),
    states.map(({ because }) => because),
    states.map(({ last }) => last?.at),
    states.map(({ last }) => plainText(last?.host)),
    states.map(({ last }) => last?.code),
    states.map(({ last }) => plainText(last?.enhanced)),
    states.map(({ last }) => plainText(last?.text)),
    states.map(({ maxRecipients }) => maxRecipients),
    states.map(({ maxMessages }) => maxMessages),
    notes.map(({ delivered }) => delivered),
  ]
}

function recordOf(row: Row): PaceRecord {
  const { last_at: at } = row
  return {
    provider: row.provider,
    source: row.source,
    connections: row.connections,
    rate: row.rate ?? undefined,
    ramp: row.ramp ?? undefined,
    rampAt: row.ramp_at,
    suspendedUntil: row.suspended_until ?? undefined,
    suspendedSince: row.suspended_since ?? undefined,
    suspensions: row.suspensions,
    isResigned: row.is_resigned,
    because: row.because ?? undefined,
    last:
      at === null
        ? undefined
        : {
            at,
            host: row.last_host ?? undefined,
            code: row.last_code ?? undefined,
            enhanced: row.last_enhanced ?? undefined,
            text: row.last_text ?? '',
          },
    maxRecipients: row.max_recipients ?? undefined,
    maxMessages: row.max_messages ?? undefined,
    delivered: row.delivered,
    worker: row.worker,
    changedAt: row.changed_at,
  }
}

const resumeChannel = 'posthouse_pace'
/** Longer than anything is kept. */
const FOREVER_SECONDS = 1e9
