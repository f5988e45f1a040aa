import { accountChannel } from './account-channel.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import { formatStoreAddress } from './address.ts'
import type { AddressBook } from './address-book.ts'
import type { Database } from './database.ts'
import { findById } from './find-account.ts'
import { accountId, type AccountId } from './ids.ts'
import type { Queue } from './queue.ts'
import type { Containment, Sending } from './sending.ts'
import { isContainedStatement } from './sending-statements.ts'
import { DomainStates } from './domain-states.ts'
import { SenderRights } from './sender-rights.ts'
import { SendingTable } from './sending-table.ts'
import { statement, tupleStatement } from './statement.ts'

/** $1 account, $2 why, $3 who. Nothing where it is contained already. Its sessions end by the epoch. */
const containStatement = tupleStatement<readonly [number]>(
  'sending_contain',
  `WITH stopped AS (
    INSERT INTO account_sending AS s (account_id, contained_at, contained_because)
    SELECT account_id, now(), $2 FROM account WHERE account_id = $1::uuid
    ON CONFLICT (account_id) DO UPDATE SET contained_at = now(), contained_because = excluded.contained_because
    WHERE s.contained_at IS NULL
    RETURNING account_id
  ), rule AS (
    INSERT INTO queue_rule (because, created_by, account_id)
    SELECT 'The account is contained: ' || $2, $3, account_id FROM stopped RETURNING rule_id
  ), out AS (
    UPDATE account a SET epoch = a.epoch + 1 FROM stopped s WHERE a.account_id = s.account_id
  )
  SELECT rule_id FROM rule`,
)
const noteRuleStatement = statement(
  'sending_note_rule',
  `UPDATE account_sending SET rule_id = $2 WHERE account_id = $1::uuid`,
)
/** $1 account. The counts begin anew: what filled them was looked at. */
const releaseStatement = tupleStatement<readonly [ruleId: number | null]>(
  'sending_release',
  `WITH before AS (
    SELECT account_id, rule_id FROM account_sending
    WHERE account_id = $1::uuid AND contained_at IS NOT NULL FOR UPDATE
  ), freed AS (
    UPDATE account_sending s SET contained_at = NULL, contained_because = NULL, rule_id = NULL, released_at = now()
    FROM before b WHERE s.account_id = b.account_id
  ), rule AS (
    DELETE FROM queue_rule r USING before b WHERE r.rule_id = b.rule_id
  ), counts AS (
    DELETE FROM account_sent c USING before b WHERE c.account_id = b.account_id
  )
  SELECT rule_id FROM before`,
)
const containedStatement = statement<{
  readonly account_id: string
  readonly domain: string
  readonly local_part: string
  readonly contained_at: Date
  readonly contained_because: string
}>(
  'sending_contained',
  `SELECT s.account_id, d.domain, d.local_part, s.contained_at, s.contained_because
  FROM account_sending s JOIN address d ON d.account_id = s.account_id
  WHERE s.contained_at IS NOT NULL ORDER BY s.contained_at DESC`,
)

/** What accounts send, over one database. */
export class SendingDesk extends SendingTable implements Sending {
  readonly #database: Database
  readonly #queue: Pick<Queue, 'hold' | 'unhold' | 'dropNow'>
  readonly #rights: SenderRights

  constructor(
    database: Database,
    queue: Pick<Queue, 'hold' | 'unhold' | 'dropNow'>,
    addresses: Pick<AddressBook, 'resolveAll'>,
    domains: Pick<DomainStates, 'current'> = new DomainStates(database),
  ) {
    super(database)
    this.#database = database
    this.#queue = queue
    this.#rights = new SenderRights(database, addresses, domains)
  }

  mayWriteAs(account: AccountId, addresses: readonly string[]): Promise<boolean> {
    return this.#rights.mayWriteAs(account, addresses)
  }

  async contain(account: AccountId, because: string, by: Actor): Promise<boolean> {
    const known = await findById(this.#database, account)
    if (known === undefined) return false
    const isDone = await this.#database.transact(async (tx) => {
      const [row] = await tx.query(containStatement, [account, because, by.user || by.via])
      if (row === undefined) return false
      void tx.execute(noteRuleStatement, [account, row[0]]).catch(() => {})
      await writeAudit(tx, by, 'account.contained', known.account.address, { because })
      tx.notify(accountChannel, account)
      return true
    })
    // What is claimed from now on is stopped by the rule; this shows it, and stops nothing more.
    if (isDone) await this.#queue.hold({ account }, { by: 'account', because }, by)
    return isDone
  }

  async isContained(account: AccountId): Promise<boolean> {
    const [row] = await this.#database.read(isContainedStatement, [account])
    return row?.[0] ?? false
  }

  async contained(): Promise<readonly Containment[]> {
    const rows = await this.#database.query(containedStatement)
    return rows.map((row) => ({
      account: accountId(row.account_id),
      address: formatStoreAddress({ domain: row.domain, localPart: row.local_part }),
      since: row.contained_at,
      because: row.contained_because,
    }))
  }

  async release(account: AccountId, mail: 'deliver' | 'purge', by: Actor) {
    const known = await findById(this.#database, account)
    // Deleted before the rule goes: nothing of it may slip out.
    const purged = mail === 'purge' ? await this.#purge(account, by) : 0
    const released = await this.#database.transact(async (tx) => {
      const [row] = await tx.query(releaseStatement, [account])
      if (row === undefined) return undefined
      await writeAudit(tx, by, 'account.released', known?.account.address ?? account, { mail })
      return { rule: row[0] }
    })
    if (released === undefined) return 'not-contained' as const
    return {
      recipients: mail === 'purge' ? purged : await this.#unhold(account, released.rule, by),
    }
  }

  /** What was held for this alone: what an operator holds for another reason stays. */
  async #unhold(account: AccountId, rule: number | null, by: Actor): Promise<number> {
    const atOnce = await this.#queue.unhold({ account, heldBy: 'account' }, by)
    return atOnce + (rule === null ? 0 : await this.#queue.unhold({ account, rule }, by))
  }

  /** What is being sent just then, too: it would stay held, and nothing would let it go. */
  async #purge(account: AccountId, by: Actor): Promise<number> {
    if (!(await this.isContained(account))) return 0
    return await this.#queue.dropNow({ account }, by)
  }
}
