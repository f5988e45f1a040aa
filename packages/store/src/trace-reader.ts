import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { tupleStatement, type Statement } from './statement.ts'
import type { Trace, TraceQuery, TraceStep } from './trace.ts'
import { traceKey, type TraceDetails, type TraceKind } from './trace-event.ts'
import { findMail, ownerOf } from './trace-search.ts'
import { uuidFromBase32, uuidMadeMs, uuidToBase32 } from './uuid-v7.ts'
import { VerdictReader } from './verdict-reader.ts'

type Row = readonly [
  at: Date,
  kind: TraceKind,
  queueId: string | null,
  account: AccountId | null,
  localPart: string | null,
  domain: string | null,
  mailbox: string | null,
  uids: string | null,
  details: TraceDetails | null,
  target: string | null,
  messageId: number | null,
]

/** $1 and $2: since and until. The names are those of today. */
function select(name: string, where: string): Statement<Row> {
  return tupleStatement(
    `trace_${name}`,
    `SELECT t.at, t.kind, t.queue_id, t.account_id, a.local_part, a.domain, m.name,
      coalesce(t.uids::text, (SELECT format('[%s,%s)', e.uid, e.uid + 1) FROM entry e
        WHERE e.account_id = t.account_id AND e.message_id = t.message_id AND e.mailbox_id = t.mailbox_id
        ORDER BY e.uid LIMIT 1)), t.details,
      o.name, t.message_id
    FROM trace t
    LEFT JOIN address a ON a.account_id = t.account_id
    LEFT JOIN mailbox m ON m.account_id = t.account_id AND m.mailbox_id = t.mailbox_id
    LEFT JOIN mailbox o ON o.account_id = t.account_id
      AND o.mailbox_id = CASE WHEN t.kind IN ('copied', 'moved') THEN (t.details->>'to')::bigint END
    WHERE t.at >= $1 AND t.at <= $2 AND (${where})
    ORDER BY t.at DESC LIMIT $3`,
  )
}

const byQueue = select('by_queue', 't.queue_id = ANY ($4::uuid[])')
const byKey = select('by_key', 't.id_key = $4::bigint')
const byAccount = select('by_account', 't.account_id = $4::uuid')
const byStranger = select(
  'by_stranger',
  `t.queue_id IS NOT NULL AND (lower(t.details->>'to') = $4 OR lower(t.details->>'sender') = $4
    OR lower((t.details->'recipients')::text)::jsonb ? $4)`,
)
/** $4 accounts, $5 mailboxes, $6 UIDs: what became of entries later. */
const byPlace = select(
  'by_place',
  `t.kind NOT IN ('delivered', 'appended') AND t.account_id = ANY ($4::uuid[]) AND EXISTS (
    SELECT FROM unnest($4::uuid[], $5::bigint[], $6::bigint[]) AS p (account_id, mailbox_id, uid)
    WHERE t.account_id = p.account_id AND t.mailbox_id = p.mailbox_id AND (t.uids IS NULL OR t.uids @> p.uid))`,
)
const placesStatement = tupleStatement<readonly [AccountId, number, number]>(
  'trace_places',
  `SELECT e.account_id, e.mailbox_id, e.uid FROM unnest($1::uuid[], $2::bigint[]) AS p (account_id, message_id)
  JOIN entry e ON e.account_id = p.account_id AND e.message_id = p.message_id LIMIT 1000`,
)
/** $3 their keys, $4 queue ids as people see them: what went on from these messages under ids of its own. */
const onwardStatement = tupleStatement<readonly [queueId: string]>(
  'trace_onward',
  `SELECT queue_id FROM trace
  WHERE at >= $1 AND at <= $2 AND kind = 'queued' AND id_key = ANY ($3::bigint[]) AND details->>'of' = ANY ($4::text[])
  LIMIT 1000`,
)

const dayMs = 24 * 60 * 60 * 1000
const defaultLimit = 1_000

/** What a look-up is bounded by. */
type Bounds = readonly [since: Date, until: Date, limit: number]

/** Reads the trace. For operators: it looks at all accounts. */
export class TraceReader implements Trace {
  readonly #database: Database
  readonly #verdicts: VerdictReader

  constructor(database: Database) {
    this.#database = database
    this.#verdicts = new VerdictReader(database)
  }

  async find(query: TraceQuery): Promise<readonly TraceStep[]> {
    const bounds = boundsOf(query)
    const rows = await this.#rows(query, bounds)
    const ids = [...new Set(rows.flatMap(([, , queueId]) => queueId ?? []))]
    const filtered = await this.#verdicts.steps(ids, bounds)
    // Newest first as they came, so that what happened in one millisecond keeps its order; the filter came first.
    const steps = [...rows.map(stepOf), ...filtered]
      .toReversed()
      .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    return steps.slice(-bounds[2])
  }

  async #rows({ subject }: TraceQuery, bounds: Bounds): Promise<readonly Row[]> {
    if (subject.by === 'address') return this.#ofAddress(subject.address, bounds)
    if (subject.by === 'message-id') {
      return this.#withRest(await this.#query(byKey, bounds, traceKey(subject.id)), bounds)
    }
    if (subject.by === 'mail') {
      const found = await findMail(this.#database, subject, bounds)
      return found.length === 0 ? [] : this.#ofMessages(found, [bounds[0], endOfTime(), bounds[2]])
    }
    const uuid = uuidFromBase32(subject.id)
    return uuid === undefined ? [] : this.#ofMessages([uuid], bounds)
  }

  /** These, and what went on from them. */
  async #ofMessages(ids: readonly string[], bounds: Bounds): Promise<readonly Row[]> {
    const rows = await this.#query(byQueue, bounds, ids)
    const named = rows.flatMap(([, , , , , , , , details]) => details?.['messageId'] ?? [])
    const keys = named.filter((id) => typeof id === 'string').map(traceKey)
    const [since, until] = bounds
    const onward =
      keys.length === 0
        ? []
        : await this.#database.query(onwardStatement, [since, until, keys, ids.map(uuidToBase32)])
    const more = onward.map(([id]) => id).filter((id) => !ids.includes(id))
    const rest = more.length === 0 ? [] : await this.#query(byQueue, bounds, more)
    return this.#withRest([...rows, ...rest], bounds)
  }

  async #ofAddress(address: string, bounds: Bounds): Promise<readonly Row[]> {
    const owner = await ownerOf(this.#database, address)
    if (owner === undefined) {
      const rows = await this.#query(byStranger, bounds, address.toLowerCase())
      return this.#withAttempts(rows, bounds)
    }
    const rows = await this.#withAttempts(await this.#query(byAccount, bounds, owner), bounds)
    // Other recipients of the same mail are another address's matter.
    return rows.filter(([, , , account]) => account === null || account === owner)
  }

  /** Everything about the messages that some steps are about. */
  async #withRest(rows: readonly Row[], bounds: Bounds): Promise<readonly Row[]> {
    const [, until, limit] = bounds
    const known = await this.#withAttempts(rows, bounds)
    const entered = known.flatMap(([, , , account, , , , , , , message]) =>
      account === null || message === null ? [] : [[account, message] as const],
    )
    if (entered.length === 0) return known
    const places = await this.#database.query(placesStatement, [
      entered.map(([account]) => account),
      entered.map(([, message]) => message),
    ])
    const first = new Date(Math.min(...known.map(([at]) => at.getTime())))
    const later = await this.#query(
      byPlace,
      [first, until, limit],
      places.map(([account]) => account),
      places.map(([, mailbox]) => mailbox),
      places.map(([, , uid]) => uid),
    )
    return [...known, ...later]
  }

  /** With all steps of the queue ids among them. */
  async #withAttempts(rows: readonly Row[], bounds: Bounds): Promise<readonly Row[]> {
    const ids = [...new Set(rows.flatMap(([, , queueId]) => queueId ?? []))]
    if (ids.length === 0) return rows
    const rest = rows.filter(([, , queueId]) => queueId === null)
    return [...rest, ...(await this.#query(byQueue, bounds, ids))]
  }

  #query(statement: Statement<Row>, bounds: Bounds, ...values: readonly unknown[]) {
    return this.#database.query(statement, [...bounds, ...values])
  }
}

function boundsOf({ subject, since, until, limit }: TraceQuery): Bounds {
  const end = until ?? endOfTime()
  const begin = since ?? beginOf(subject) ?? new Date(Date.now() - dayMs)
  return [begin, end, limit ?? defaultLimit]
}

/** Beyond the newest: clocks of processes and of the database differ. */
function endOfTime(): Date {
  return new Date(Date.now() + dayMs)
}

/** A UUIDv7 tells when it was made; a Message-ID may be of any time within the trace. */
function beginOf(subject: TraceQuery['subject']): Date | undefined {
  if (subject.by === 'address' || subject.by === 'mail') return undefined
  const uuid = subject.by === 'queue-id' ? uuidFromBase32(subject.id) : undefined
  return new Date(Math.max(0, (uuid === undefined ? 0 : uuidMadeMs(uuid)) - dayMs))
}

function stepOf(row: Row): TraceStep {
  const [at, kind, queueId, account, localPart, domain, mailbox, uids, details, target] = row
  return {
    at,
    kind,
    ...(queueId !== null && { queueId: uuidToBase32(queueId) }),
    ...(account !== null && { account: accountId(account) }),
    ...(localPart !== null && { address: `${localPart}@${domain ?? ''}` }),
    ...(mailbox !== null && { mailbox }),
    uids: rangesOf(uids ?? ''),
    details: target === null ? (details ?? {}) : { ...details, to: target },
  }
}

/** Postgres writes integer ranges as `[first,end)`. */
function rangesOf(text: string): readonly (readonly [number, number])[] {
  return [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]) => {
    return [Number(first), Number(end) - 1] as const
  })
}
