import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'
import type { TraceStep } from './trace.ts'
import { toldSubject } from './trace-arrivals.ts'
import { traceKey } from './trace-event.ts'
import { writeTrace } from './trace-writer.ts'
import { uuidFromBase32, uuidMadeMs, uuidToBase32 } from './uuid-v7.ts'
import type {
  KeptVerdict,
  MessageVerdict,
  Refusal,
  VerdictFinding,
  Verdicts,
  VerdictStatistics,
} from './verdicts.ts'
import { writeVerdicts } from './verdict-writes.ts'

type Direction = MessageVerdict['direction']
type Details = Omit<MessageVerdict, 'direction' | 'action' | 'points'> & {
  readonly isCut?: boolean
}

/** What was found out of who sent a message, in short. */
interface Proofs {
  readonly spf: string | null
  readonly dkim: readonly { readonly result: string; readonly domain: string }[] | null
  readonly dmarc: string | null
  readonly arc: string | null
  readonly reverse: string | null
}

const findStatement = tupleStatement<
  readonly [at: Date, direction: Direction, action: string, points: number, details: Details]
>(
  'verdict_find',
  `SELECT at, direction, action, points, details FROM verdict
  WHERE queue_id = $1::uuid AND at >= $2 ORDER BY at DESC LIMIT 1`,
)
const stepsStatement = tupleStatement<
  readonly [
    at: Date,
    queueId: string,
    direction: Direction,
    action: string,
    points: number,
    reason: string | null,
    findings: readonly VerdictFinding[] | null,
    authentication: Proofs | null,
  ]
>(
  'verdict_steps',
  `SELECT at, queue_id, direction, action, points, details->>'reason', details->'findings',
    CASE WHEN details->'authentication' IS NOT NULL THEN json_build_object(
      'spf', details#>>'{authentication,spf,mailFrom,result}', 'dkim', details#>'{authentication,dkim}',
      'dmarc', details#>>'{authentication,dmarc,result}', 'arc', details#>>'{authentication,arc,result}',
      'reverse', details#>>'{authentication,reverse,result}') END
  FROM verdict
  WHERE queue_id = ANY ($1::uuid[]) AND at >= $2 AND at <= $3 ORDER BY at DESC LIMIT $4`,
)
const actionsStatement = tupleStatement<readonly [string, string, number]>(
  'verdict_actions',
  `SELECT direction, action, count(*) FROM verdict WHERE at >= $1
  GROUP BY direction, action ORDER BY direction, action`,
)
const symbolsStatement = tupleStatement<readonly [string, number, number, number]>(
  'verdict_symbols',
  `SELECT f->>'symbol', count(*), count(*) FILTER (WHERE v.action IN ('junk', 'quarantine', 'reject')),
    avg((f->>'points')::float8)
  FROM (SELECT action, details FROM verdict WHERE at >= $1 ORDER BY at DESC LIMIT 20000) v
  CROSS JOIN LATERAL json_array_elements(v.details->'findings') f
  GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200`,
)

/** Clocks differ, and a message may take its time. */
const slackMs = 24 * 60 * 60 * 1000
/** Recipients that one event names. */
const namedRecipients = 50

/** What the filter said, in Postgres. */
export class VerdictReader implements Verdicts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(queueId: string): Promise<KeptVerdict | undefined> {
    const uuid = uuidFromBase32(queueId)
    if (uuid === undefined) return undefined
    const since = new Date(Math.max(0, uuidMadeMs(uuid) - slackMs))
    const [row] = await this.#database.query(findStatement, [uuid, since])
    if (row === undefined) return undefined
    const [at, direction, action, points, { isCut = false, ...details }] = row
    return { ...details, at, queueId: uuidToBase32(uuid), direction, action, points, isCut }
  }

  async refuse({ queueId, origin, recipients, verdict, ...rest }: Refusal): Promise<void> {
    const { size, messageId, subject, reply, accounts = [] } = rest
    const details = {
      ...origin,
      size,
      ...(messageId !== null && { messageId }),
      ...(subject !== '' && { subject: subject.slice(0, toldSubject) }),
      count: recipients.length,
      recipients: recipients.slice(0, namedRecipients),
      ...reply,
    }
    const uuid = uuidFromBase32(queueId)
    const event = {
      kind: 'refused',
      ...(uuid !== undefined && { queueId: uuid }),
      idKey: messageId === null ? null : traceKey(messageId),
    } as const
    const [first = null, ...others] = accounts.slice(0, namedRecipients)
    await this.#database.transact(async (tx) => {
      writeVerdicts(tx, [{ queueId, verdict }])
      await writeTrace(tx, [
        { ...event, account: first, details },
        ...others.map((account) => ({ ...event, account, details: reply })),
      ])
    })
  }

  async statistics(since: Date): Promise<VerdictStatistics> {
    const [actions, symbols] = await Promise.all([
      this.#database.query(actionsStatement, [since]),
      this.#database.query(symbolsStatement, [since]),
    ])
    return {
      actions: actions.map(([direction, action, messages]) => ({ direction, action, messages })),
      symbols: symbols.map(([symbol, messages, unwanted, averagePoints]) => {
        return { symbol, messages, unwanted, averagePoints }
      }),
    }
  }

  /** The filter's steps among those of messages, newest first. Queue ids as UUIDs. */
  async steps(
    queueIds: readonly string[],
    [since, until, limit]: readonly [since: Date, until: Date, limit: number],
  ): Promise<readonly TraceStep[]> {
    if (queueIds.length === 0) return []
    const rows = await this.#database.query(stepsStatement, [queueIds, since, until, limit])
    return rows.map(([at, uuid, direction, action, points, reason, findings, proofs]) => {
      // Of our own users' mail nothing was asked.
      const authentication = proofs === null || direction === 'outbound' ? [] : proofTexts(proofs)
      const details = {
        direction,
        action,
        points,
        ...(reason !== null && { reason }),
        ...(authentication.length > 0 && { authentication }),
        findings: (findings ?? []).map(findingText),
      }
      return { at, kind: 'filtered', queueId: uuidToBase32(uuid), uids: [], details }
    })
  }
}

/** `spf=pass`, `dkim=pass (example.org)`, in the words of RFC 8601; what was not looked at is not said. */
function proofTexts({ dkim, ...others }: Proofs): readonly string[] {
  const signatures = (dkim ?? []).map(({ result, domain }) => `dkim=${result} (${domain})`)
  const { spf, arc, ...rest } = others
  // Hardly any message has a chain.
  const all = Object.entries(arc === 'none' ? rest : { ...rest, arc })
  const texts = all.map(([name, result]) => named(name, result))
  return [named('spf', spf), ...signatures, ...texts].flat()
}

function named(name: string, result: string | null): readonly string[] {
  return result === null ? [] : [`${name}=${result}`]
}

function findingText({ symbol, points }: VerdictFinding): string {
  return `${symbol} ${Number(points.toFixed(2))}`
}
