import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { mailboxId, modSeq, uid, type AccountId, type MailboxId } from './ids.ts'
import { mailboxLayouts } from './mailbox-layout.ts'
import { canonicalMailboxName, mailboxLimits, parentNames } from './mailbox-name.ts'
import type {
  DeletedMailbox,
  MailboxInfo,
  MailboxKeeper,
  MailboxLayout,
  MailboxOutcome,
  MailboxRefusal,
  MailboxStatus,
  Mailboxes,
  SpecialUse,
  UndeleteRange,
} from './mailboxes.ts'
import { insertMailboxes, insertSubscriptions } from './new-mailbox.ts'
import { renameMailboxes } from './rename-mailboxes.ts'
import { statement, tupleStatement, type Queries, type Transaction } from './statement.ts'
import { deletedMailboxes, reviveMailbox } from './undelete.ts'
import { writeTrace } from './trace-writer.ts'
import { sqlState, violatedConstraint } from './unavailable.ts'

/** What the catalog needs of the mailboxes' contents. */
export interface MailboxContents {
  /** How many messages stand at or above this UID. */
  countFrom(account: AccountId, mailbox: MailboxId, uid: number): Promise<number>
  /** Moves everything out of one mailbox into another. */
  moveAll(account: AccountId, from: MailboxId, to: MailboxId): Promise<void>
  /** Restores what was expunged; undefined where there is no such mailbox. */
  undelete(
    account: AccountId,
    mailbox: MailboxId,
    range: UndeleteRange,
  ): Promise<number | undefined>
  /** Tells sessions that the mailbox changed. */
  changed(account: AccountId, mailbox: MailboxId): void
}

type InfoRow = readonly [number, string, number, SpecialUse | null]

const listStatement = tupleStatement<InfoRow>(
  'mailboxes_list',
  `SELECT mailbox_id, name, uid_validity, special_use FROM mailbox
  WHERE account_id = $1::uuid AND state = 'live'
  ORDER BY name <> 'INBOX', name`,
)
const findStatement = tupleStatement<InfoRow>(
  'mailboxes_find',
  `SELECT mailbox_id, name, uid_validity, special_use FROM mailbox
  WHERE account_id = $1::uuid AND state = 'live' AND name = $2`,
)
const takenStatement = tupleStatement<readonly [string, SpecialUse | null]>(
  'mailboxes_taken',
  `SELECT name, special_use FROM mailbox WHERE account_id = $1::uuid AND state = 'live'`,
)
/** One change of the account's mailbox list at a time: names, uses and UIDVALIDITY are decided on what is there. */
const lockStatement = statement(
  'mailboxes_lock',
  `SELECT pg_advisory_xact_lock(hashtextextended('mailboxes ' || $1::text, 0))`,
)
const retireHeadStatement = statement(
  'mailbox_head_retire',
  `UPDATE mailbox_head SET live = false WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const retireStatement = tupleStatement<readonly [number]>(
  'mailbox_retire',
  `UPDATE mailbox SET state = 'deleting', deleted_at = now()
  WHERE account_id = $1::uuid AND name = $2 AND state = 'live' RETURNING mailbox_id`,
)
const unsubscribeStatement = statement(
  'subscriptions_delete',
  'DELETE FROM subscription WHERE account_id = $1::uuid AND name = $2',
)
const subscriptionsStatement = tupleStatement<readonly [string]>(
  'subscriptions_list',
  `SELECT name FROM subscription WHERE account_id = $1::uuid ORDER BY name <> 'INBOX', name`,
)

const nameStatement = tupleStatement<readonly [string]>(
  'mailboxes_name',
  'SELECT name FROM mailbox WHERE account_id = $1::uuid AND mailbox_id = $2::bigint',
)

/** A line of the audit trail: what was done, and to what. */
type Note = readonly [action: string, details: Record<string, unknown>]

type StatusRow = readonly [number, number, number, number, number, number, number, number, number]

const statusStatement = tupleStatement<StatusRow>(
  'mailboxes_status',
  `SELECT h.mailbox_id, h.total, h.unseen, h.deleted, h.bytes, h.uid_next, h.modseq, h.recent_uid,
    m.uid_validity
  FROM mailbox_head h
  JOIN mailbox m ON m.account_id = h.account_id AND m.mailbox_id = h.mailbox_id
  WHERE h.account_id = $1::uuid AND h.mailbox_id = ANY ($2::bigint[]) AND h.live`,
)

/** The mailboxes of one account, over Postgres. */
export class MailboxCatalog implements Mailboxes {
  readonly #database: Database
  readonly #contents: MailboxContents
  readonly #account: AccountId
  readonly #keeper: MailboxKeeper | undefined

  /** `keeper`: somebody else than the account's own sessions. */
  constructor(
    database: Database,
    contents: MailboxContents,
    account: AccountId,
    keeper?: MailboxKeeper,
  ) {
    this.#database = database
    this.#contents = contents
    this.#account = account
    this.#keeper = keeper
  }

  async list(): Promise<readonly MailboxInfo[]> {
    const rows = await this.#database.read(listStatement, [this.#account])
    return rows.map(infoOf)
  }

  async find(name: string): Promise<MailboxInfo | undefined> {
    const canonical = canonicalMailboxName(name)
    if (canonical === undefined) return undefined
    const [row] = await this.#database.read(findStatement, [this.#account, canonical])
    return row && infoOf(row)
  }

  async create(
    name: string,
    options: { readonly specialUse?: SpecialUse } = {},
  ): Promise<MailboxOutcome<{ readonly mailbox: MailboxInfo }>> {
    const canonical = canonicalMailboxName(name.endsWith('/') ? name.slice(0, -1) : name)
    if (canonical === undefined) return refused('invalid')
    const { specialUse } = options
    const use = specialUse === undefined ? {} : { use: specialUse }
    return this.#create(canonical, specialUse, ['mailbox.created', { mailbox: canonical, ...use }])
  }

  #create(
    canonical: string,
    specialUse: SpecialUse | undefined,
    note: Note,
  ): Promise<MailboxOutcome<{ readonly mailbox: MailboxInfo }>> {
    return this.#alone(note, async (tx) => {
      const taken = await tx.query(takenStatement, [this.#account])
      const names = new Set(taken.map(([known]) => known))
      if (names.has(canonical)) return refused('exists')
      if (specialUse !== undefined && taken.some(([, use]) => use === specialUse)) {
        return refused('special-use')
      }
      const missing = parentNames(canonical).filter((parent) => !names.has(parent))
      if (names.size + missing.length + 1 > mailboxLimits.mailboxes) return refused('limit')
      const made = await insertMailboxes(tx, this.#account, [
        ...missing.map((parent) => [parent, null] as const),
        [canonical, specialUse ?? null],
      ])
      const own = made.find((row) => row.name === canonical)
      if (own === undefined) throw new Error('a mailbox was not made')
      return { ok: true, mailbox: { ...own, specialUse } }
    })
  }

  async rename(from: string, to: string): Promise<MailboxOutcome> {
    const source = canonicalMailboxName(from)
    const target = canonicalMailboxName(to.endsWith('/') ? to.slice(0, -1) : to)
    if (source === undefined) return refused('nonexistent')
    if (target === undefined) return refused('invalid')
    if (source === 'INBOX') return this.#renameInbox(target)
    if (target === 'INBOX') return refused('exists')
    const note: Note = ['mailbox.renamed', { mailbox: source, name: target }]
    return this.#alone(note, (tx) => renameMailboxes(tx, this.#account, source, target))
  }

  /** Leaves INBOX empty and its children where they are (RFC 3501 §6.3.5). */
  async #renameInbox(target: string): Promise<MailboxOutcome> {
    const note: Note = ['mailbox.renamed', { mailbox: 'INBOX', name: target }]
    const made = await this.#create(target, undefined, note)
    if (!made.ok || this.#keeper?.isRehearsal === true) return made
    const inbox = await this.find('INBOX')
    if (inbox === undefined) return refused('nonexistent')
    await this.#contents.moveAll(this.#account, inbox.id, made.mailbox.id)
    return { ok: true }
  }

  async remove(name: string): Promise<MailboxOutcome> {
    const canonical = canonicalMailboxName(name)
    if (canonical === undefined) return refused('nonexistent')
    if (canonical === 'INBOX') return refused('inbox')
    return this.#alone(['mailbox.deleted', { mailbox: canonical }], async (tx) => {
      const [row] = await tx.query(retireStatement, [this.#account, canonical])
      if (row === undefined) return refused('nonexistent')
      await tx.execute(retireHeadStatement, [this.#account, row[0]])
      const mailbox = mailboxId(row[0])
      await writeTrace(tx, [{ kind: 'removed', account: this.#account, mailbox }])
      tx.afterCommit(() => this.#contents.changed(this.#account, mailboxId(row[0])))
      return { ok: true }
    })
  }

  async subscribe(name: string): Promise<MailboxOutcome> {
    const canonical = canonicalMailboxName(name)
    if (canonical === undefined) return refused('invalid')
    return this.#alone(['mailbox.subscribed', { mailbox: canonical }], async (tx) => {
      const known = await tx.query(subscriptionsStatement, [this.#account])
      const isKnown = known.some(([subscribed]) => subscribed === canonical)
      if (!isKnown && known.length >= mailboxLimits.subscriptions) return refused('limit')
      await insertSubscriptions(tx, this.#account, [canonical])
      return { ok: true }
    })
  }

  async unsubscribe(name: string): Promise<MailboxOutcome> {
    const canonical = canonicalMailboxName(name)
    if (canonical === undefined) return { ok: true }
    return this.#alone(['mailbox.unsubscribed', { mailbox: canonical }], async (tx) => {
      await tx.execute(unsubscribeStatement, [this.#account, canonical])
      return { ok: true }
    })
  }

  async subscriptions(): Promise<readonly string[]> {
    const rows = await this.#database.read(subscriptionsStatement, [this.#account])
    return rows.map(([name]) => name)
  }

  async status(ids: readonly MailboxId[]): Promise<ReadonlyMap<MailboxId, MailboxStatus>> {
    const rows = await this.#database.read(statusStatement, [this.#account, ids])
    const figures = new Map<MailboxId, MailboxStatus>()
    for (const row of rows) figures.set(mailboxId(row[0]), await this.#statusOf(row))
    return figures
  }

  async undelete(
    mailbox: MailboxId,
    range: UndeleteRange,
  ): Promise<MailboxOutcome<{ readonly restored: number }>> {
    const restored = await this.#contents.undelete(this.#account, mailbox, range)
    if (restored === undefined) return refused('nonexistent')
    const [row] = await this.#database.read(nameStatement, [this.#account, mailbox])
    const since = range.since.toISOString()
    await this.#note(this.#database, ['mailbox.undeleted', { mailbox: row?.[0], restored, since }])
    return { ok: true, restored }
  }

  layouts(): Promise<ReadonlyMap<MailboxId, MailboxLayout>> {
    return mailboxLayouts(this.#database, this.#account)
  }

  deleted(): Promise<readonly DeletedMailbox[]> {
    return deletedMailboxes(this.#database, this.#account)
  }

  async restore(mailbox: MailboxId, name?: string): Promise<MailboxOutcome> {
    const wanted = name ?? (await this.deleted()).find(({ id }) => id === mailbox)?.name
    if (wanted === undefined) return refused('nonexistent')
    const canonical = canonicalMailboxName(wanted)
    if (canonical === undefined) return refused('invalid')
    return this.#alone(['mailbox.restored', { mailbox: canonical }], async (tx) => {
      const taken = await tx.query(takenStatement, [this.#account])
      const names = new Set(taken.map(([known]) => known))
      if (names.has(canonical)) return refused('exists')
      const missing = parentNames(canonical).filter((parent) => !names.has(parent))
      if (names.size + missing.length + 1 > mailboxLimits.mailboxes) return refused('limit')
      if (!(await reviveMailbox(tx, this.#account, mailbox, canonical))) {
        return refused('nonexistent')
      }
      await writeTrace(tx, [{ kind: 'restored', account: this.#account, mailbox }])
      await insertMailboxes(
        tx,
        this.#account,
        missing.map((parent) => [parent, null] as const),
      )
      return { ok: true }
    })
  }

  async #note(queries: Queries, [action, details]: Note): Promise<void> {
    const keeper = this.#keeper
    if (keeper !== undefined)
      await writeAudit(queries, keeper.actor, action, keeper.address, details)
  }

  /** \Recent is seldom there, and then seldom much: only those messages need the state. */
  async #statusOf(row: StatusRow): Promise<MailboxStatus> {
    const [id, messages, unseen, deleted, bytes, uidNext, highest, recentUid, uidValidity] = row
    const hasRecent = recentUid < uidNext && messages > 0
    return {
      messages,
      recent: hasRecent
        ? Math.min(
            messages,
            await this.#contents.countFrom(this.#account, mailboxId(id), recentUid),
          )
        : 0,
      unseen,
      deleted,
      bytes,
      uidNext: uid(uidNext),
      uidValidity,
      highestModSeq: modSeq(highest),
    }
  }

  /** One change of the list at a time, with its audit row; a rehearsal is undone at the end. */
  async #alone<Extra>(
    note: Note,
    work: (tx: Transaction) => Promise<MailboxOutcome<Extra>>,
  ): Promise<MailboxOutcome<Extra>> {
    let outcome: MailboxOutcome<Extra> | undefined
    try {
      return await this.#database.transact(
        async (tx) => {
          await tx.execute(lockStatement, [this.#account])
          outcome = await work(tx)
          if (outcome.ok) await this.#note(tx, note)
          if (this.#keeper?.isRehearsal === true) throw new Rehearsed()
          return outcome
        },
        { retry: true },
      )
    } catch (error) {
      if (error instanceof Rehearsed && outcome !== undefined) return outcome
      // Delivered default mailboxes or another process without the lock: the index has the last word.
      const isTaken = sqlState(error) === '23505' && violatedConstraint(error) === 'mailbox_name'
      if (isTaken) return refused('exists')
      throw error
    }
  }
}

/** Undoes a transaction that went well. */
class Rehearsed extends Error {
  override readonly name = 'Rehearsed'
}

function infoOf([id, name, uidValidity, specialUse]: InfoRow): MailboxInfo {
  return { id: mailboxId(id), name, uidValidity, specialUse: specialUse ?? undefined }
}

function refused(reason: MailboxRefusal): { readonly ok: false; readonly reason: MailboxRefusal } {
  return { ok: false, reason }
}
