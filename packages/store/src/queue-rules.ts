import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { plainLine } from './plain-text.ts'
import { changeStep } from './queue-change-statements.ts'
import { isActive } from './queue-filter.ts'
import { heldByRule, ruleMatches } from './queue-rule-match.ts'
import type { QueueOrigin } from './queue-submission.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

/** What a rule looks at: all that is given must be true. */
export interface QueuePredicate {
  readonly sender?: string | undefined
  readonly senderDomain?: string | undefined
  readonly account?: AccountId | undefined
  readonly destination?: string | undefined
  readonly recipient?: string | undefined
  readonly olderThanSeconds?: number | undefined
  readonly largerThanBytes?: number | undefined
  readonly origin?: QueueOrigin | undefined
}

/** A rule that is to be made: at least one condition. */
export interface NewQueueRule extends QueuePredicate {
  readonly because: string
}

/** A rule that holds mail for an operator to look at. */
export interface QueueRule extends NewQueueRule {
  readonly id: number
  readonly since: Date
  readonly by: string
  /** Recipients that it holds now. */
  readonly holds: number
}

interface Row {
  readonly rule_id: number
  readonly because: string
  readonly created_at: Date
  readonly created_by: string
  readonly sender: string | null
  readonly sender_domain: string | null
  readonly account_id: string | null
  readonly destination: string | null
  readonly recipient: string | null
  readonly older_than_seconds: number | null
  readonly larger_than: number | null
  readonly origin: QueueOrigin | null
  readonly holds: number
}

const columns = `rule_id, because, created_at, created_by, sender, sender_domain, account_id, destination, recipient,
  older_than_seconds, larger_than, origin`

const list = statement<Row>(
  'queue_rules',
  `SELECT ${columns}, (SELECT count(*) FROM queue_recipient r WHERE r.state = 'held' AND r.held_rule = k.rule_id)::int AS holds
  FROM queue_rule k ORDER BY rule_id`,
)

const add = statement<Row>(
  'queue_rule_add',
  `INSERT INTO queue_rule (because, created_by, sender, sender_domain, account_id, destination, recipient,
    older_than_seconds, larger_than, origin)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${columns}, 0 AS holds`,
)

const isMeant = `k.rule_id = $1 AND m.finished_at IS NULL AND r.state = 'waiting' AND NOT (${isActive}) AND ${ruleMatches}`

/** What waits already: $2 at most. What is being put into the queue at this moment is met by the claim. */
const apply = tupleStatement<readonly [found: number, held: number]>(
  'queue_rule_apply',
  `WITH found AS MATERIALIZED (
    SELECT r.queue_id, r.n FROM queue_rule k, queue_recipient r JOIN queue_message m ON m.queue_id = r.queue_id
    WHERE ${isMeant} LIMIT $2
  ), done AS (
    UPDATE queue_recipient r SET ${heldByRule} FROM found f JOIN queue_message m ON m.queue_id = f.queue_id, queue_rule k
    WHERE r.queue_id = f.queue_id AND r.n = f.n AND ${isMeant}
    RETURNING r.queue_id, r.n, r.address, k.because
  ), told AS (
    INSERT INTO trace (kind, queue_id, details)
    SELECT 'held', queue_id, json_build_object('to', address, 'n', n, 'by', 'rule', 'rule', $1, 'because', because)
    FROM done
  ) SELECT (SELECT count(*) FROM found)::int, (SELECT count(*) FROM done)::int`,
)

const remove = statement('queue_rule_remove', 'DELETE FROM queue_rule WHERE rule_id = $1')

/** Rules that hold mail by what it is. */
export class QueueRules {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** See `QueueOperations.rules`. */
  async list(): Promise<readonly QueueRule[]> {
    const rows = await this.#database.query(list)
    return rows.map(ruleOf)
  }

  /** See `QueueOperations.addRule`. */
  async add(
    rule: NewQueueRule,
    by: Actor,
  ): Promise<{ readonly rule: QueueRule; readonly held: number }> {
    // It counts from here on: what the steps below do not come to is held when its turn comes.
    const made = await this.#database.transact(
      async (tx) => {
        const [row] = await tx.query(add, valuesOf(rule, by))
        if (row === undefined) throw new Error('Postgres gave no row for an insert')
        await writeAudit(tx, by, 'queue.rule.added', String(row.rule_id), { ...rule })
        return ruleOf(row)
      },
      { retry: true },
    )
    const held = await this.#hold(made.id)
    return { rule: { ...made, holds: held }, held }
  }

  /** Step by step, so that no transaction is long. */
  async #hold(rule: number): Promise<number> {
    let sum = 0
    for (;;) {
      const values = [rule, changeStep]
      const step = (tx: Transaction) => tx.query(apply, values)
      const [row] = await this.#database.transact(step, { retry: true })
      const [found = 0, held = 0] = row ?? []
      sum += held
      if (found < changeStep) return sum
    }
  }

  /** See `QueueOperations.removeRule`. */
  async remove(id: number, by: Actor): Promise<boolean> {
    return this.#database.transact(async (tx) => {
      const count = await tx.execute(remove, [id])
      if (count > 0) await writeAudit(tx, by, 'queue.rule.removed', String(id))
      return count > 0
    })
  }
}

function valuesOf(rule: NewQueueRule, by: Actor): readonly unknown[] {
  return [
    plainLine(rule.because),
    by.user,
    rule.sender?.toLowerCase() ?? null,
    rule.senderDomain?.toLowerCase() ?? null,
    rule.account ?? null,
    rule.destination?.toLowerCase() ?? null,
    rule.recipient?.toLowerCase() ?? null,
    rule.olderThanSeconds ?? null,
    rule.largerThanBytes ?? null,
    rule.origin ?? null,
  ]
}

function ruleOf(row: Row): QueueRule {
  return {
    id: row.rule_id,
    because: row.because,
    since: row.created_at,
    by: row.created_by,
    sender: row.sender ?? undefined,
    senderDomain: row.sender_domain ?? undefined,
    account: row.account_id === null ? undefined : accountId(row.account_id),
    destination: row.destination ?? undefined,
    recipient: row.recipient ?? undefined,
    olderThanSeconds: row.older_than_seconds ?? undefined,
    largerThanBytes: row.larger_than ?? undefined,
    origin: row.origin ?? undefined,
    holds: row.holds,
  }
}
