import { randomUUID } from 'node:crypto'
import type { Database } from './database.ts'
import { readUidValidity } from './delivery-routes.ts'
import { noteMoved } from './filter-training-writes.ts'
import { uid, type AccountId, type MailboxId, type Uid } from './ids.ts'
import type { MessageColumns } from './mailbox-state.ts'
import type { LogRow } from './mailbox-tail.ts'
import { appendLog, lockHeads, enterMessages } from './mailbox-writes.ts'
import type { CopyOutcome } from './open-mailbox.ts'
import { planExpunge } from './plan-expunge.ts'
import type { QuotaTable } from './quota-table.ts'
import { MailboxGone, type SharedMailbox } from './shared-mailbox.ts'
import { tupleStatement, type Transaction } from './statement.ts'
import { writeTrace } from './trace-writer.ts'
import { StoreUnavailable, whileUnknown } from './unavailable.ts'
import { entriesOf, writeDeliveredMessages, type PreparedDelivery } from './write-deliveries.ts'

const standsStatement = tupleStatement<readonly [number, number]>(
  'transfer_stands',
  `SELECT uid, message_id FROM entry
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND uid >= $3::bigint
    AND uid < $3::bigint + $4::bigint ORDER BY uid`,
)

/** What a transfer was about to write when its COMMIT was sent. */
interface Attempt {
  readonly from: Uint32Array
  readonly messageIds: ArrayLike<number>
  readonly firstUid: number
}

/** What is to be written under the lock. */
interface Plan {
  readonly attempt: Attempt
  write(): Promise<LogRow | undefined>
}

const noAttempt: Plan = {
  attempt: { from: new Uint32Array(), messageIds: [], firstUid: 0 },
  write: () => Promise.resolve(undefined),
}

/** COPY, MOVE and REPLACE: both heads locked in the order of their ids, the source read up to the lock, then one commit. */
export class MailboxTransfers {
  readonly #database: Database
  readonly #quotas: Pick<QuotaTable, 'hasRoom'>
  readonly #changed: (account: AccountId, mailbox: MailboxId) => void

  /** `changed` is called after each commit, for the target. */
  constructor(
    database: Database,
    quotas: Pick<QuotaTable, 'hasRoom'>,
    changed: (account: AccountId, mailbox: MailboxId) => void,
  ) {
    this.#database = database
    this.#quotas = quotas
    this.#changed = changed
  }

  /** Enters the messages in the target too, with their flags and dates (RFC 3501 §6.4.7). */
  async copy(source: SharedMailbox, uids: Uint32Array, target: MailboxId): Promise<CopyOutcome> {
    const { sizes } = source.state.pick(source.state.indexesOf(uids))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    if (!(await this.#quotas.hasRoom(source.account, bytes, sizes.length))) {
      return { ok: false, reason: 'quota' }
    }
    return this.#transfer(source, uids, target, undefined)
  }

  /** Takes the messages over into the target, all or none (RFC 6851 §3.3). Source and target may be the same. */
  move(source: SharedMailbox, uids: Uint32Array, target: MailboxId): Promise<CopyOutcome> {
    return this.#transfer(source, uids, target, randomUUID())
  }

  /**
   * Enters a message whose content is there in the target, and takes another one out of the source: both or neither (RFC 8508
   * §3.3). No pair in the outcome: somebody else has expunged that one meanwhile, and nothing was written.
   */
  replace(
    source: SharedMailbox,
    replaced: Uid,
    target: MailboxId,
    replacement: PreparedDelivery,
  ): Promise<CopyOutcome> {
    return this.#underLocks(source, target, (tx, firstUid) => {
      const from = Uint32Array.of(replaced)
      if (source.state.indexOf(replaced) === -1) return noAttempt
      const messageIds = replacement.copies.map(({ messageId }) => messageId)
      return {
        attempt: { from, messageIds, firstUid },
        write: () => writeReplacement(tx, source, from, replacement),
      }
    })
  }

  #transfer(
    source: SharedMailbox,
    uids: Uint32Array,
    target: MailboxId,
    operation: string | undefined,
  ): Promise<CopyOutcome> {
    return this.#underLocks(source, target, (tx, firstUid) => {
      const rows = source.state.pick(source.state.indexesOf(uids))
      if (rows.uids.length === 0) return noAttempt
      return {
        attempt: { from: rows.uids, messageIds: rows.messageIds, firstUid },
        write: () => writeTransfer(tx, source, { target, firstUid, rows, operation }),
      }
    })
  }

  /** Locks, lets `plan` look, writes what it says; where the COMMIT is lost, looks whether that is there. */
  async #underLocks(
    source: SharedMailbox,
    target: MailboxId,
    plan: (tx: Transaction, firstUid: number) => Plan,
  ): Promise<CopyOutcome> {
    const { account } = source
    const uidValidity = await readUidValidity(this.#database, account, target)
    if (uidValidity === undefined) return { ok: false, reason: 'nonexistent' }
    let attempt: Attempt | undefined
    try {
      const pairs = await source.underLock([target], async (tx, heads) => {
        const head = heads.get(target)
        if (head === undefined) throw new MailboxGone()
        const planned = plan(tx, head.uidNext)
        attempt = planned.attempt
        const row = await planned.write()
        return { value: pairsOf(attempt), ...(row && { row }) }
      })
      if (pairs.length > 0) this.#changed(account, target)
      return { ok: true, uidValidity, pairs }
    } catch (error) {
      if (error instanceof MailboxGone) return { ok: false, reason: 'nonexistent' }
      if (attempt === undefined || !isUnknown(error)) throw error
      const made = attempt
      if (!(await whileUnknown(() => this.#stands(source, target, made)))) {
        throw new StoreUnavailable(error.reason, 'none', error)
      }
      this.#changed(account, target)
      return { ok: true, uidValidity, pairs: pairsOf(made) }
    }
  }

  /**
   * Whether a transfer whose COMMIT was lost is there: its first UID was fixed under the lock, so its entries are those, or
   * not there at all. The target is locked first, because the lost connection may still be committing.
   */
  async #stands(source: SharedMailbox, target: MailboxId, attempt: Attempt): Promise<boolean> {
    const { account } = source
    const { messageIds, firstUid } = attempt
    await this.#database.settleLostCommits()
    const entries = await this.#database.transact(async (tx) => {
      await lockHeads(tx, account, [target])
      return tx.query(standsStatement, [account, target, firstUid, messageIds.length])
    })
    await source.refresh()
    return (
      entries.length === messageIds.length &&
      entries.every(([, message], i) => message === messageIds[i])
    )
  }
}

/** A transfer whose messages are known, under the locks. */
interface Transfer {
  readonly target: MailboxId
  readonly firstUid: number
  readonly rows: MessageColumns
  /** Of a MOVE. */
  readonly operation: string | undefined
}

/** Makes the target's entries and, for a MOVE, the source's expunge row. Gives that row. */
async function writeTransfer(
  tx: Transaction,
  source: SharedMailbox,
  { target, firstUid, rows, operation }: Transfer,
): Promise<LogRow | undefined> {
  const { account, mailbox } = source
  const count = rows.uids.length
  const kind = operation === undefined ? 'copied' : 'moved'
  const details = { to: target, first: firstUid, count }
  void writeTrace(tx, [{ kind, account, mailbox, uids: rows.uids, details }]).catch(() => {})
  void noteMoved(tx, account, mailbox, target, rows.messageIds).catch(() => {})
  const made = enterMessages(tx, {
    accounts: Array.from({ length: count }, () => account),
    mailboxes: Array.from({ length: count }, () => target),
    messageIds: Array.from(rows.messageIds),
    flags: Array.from(rows.flags),
    sizes: Array.from(rows.sizes),
    received: Array.from(rows.received),
  })
  if (operation === undefined) {
    await made
    return undefined
  }
  const [row] = await Promise.all([writeExpunge(tx, source, rows.uids, operation), made])
  return row
}

/** Makes the entry of a message that takes another one's place, and that one's expunge row. */
async function writeReplacement(
  tx: Transaction,
  source: SharedMailbox,
  replaced: Uint32Array,
  replacement: PreparedDelivery,
): Promise<LogRow> {
  writeDeliveredMessages(tx, [replacement])
  const { account, mailbox } = source
  void writeTrace(tx, [{ kind: 'expunged', account, mailbox, uids: replaced }]).catch(() => {})
  const made = enterMessages(tx, entriesOf([replacement]))
  const [row] = await Promise.all([writeExpunge(tx, source, replaced, randomUUID()), made])
  return row
}

/** Expunges messages that are there, under the lock. */
async function writeExpunge(
  tx: Transaction,
  { account, mailbox, state }: SharedMailbox,
  uids: Uint32Array,
  operation: string,
): Promise<LogRow> {
  const write = planExpunge(state, uids, operation)
  if (write === undefined) throw new Error('a message left its mailbox under the lock')
  const { changeSeq } = state
  const written = await appendLog(tx, account, mailbox, changeSeq, write)
  if (written === undefined) throw new Error('a mailbox moved under its lock')
  const { kind, commands: n, payload } = write
  return { modSeq: written.modSeq, changeSeq: changeSeq + 1, kind, n, payload }
}

function pairsOf({ from: uids, firstUid }: Attempt): readonly (readonly [Uid, Uid])[] {
  return Array.from(uids, (from, i) => [uid(from), uid(firstUid + i)] as const)
}

function isUnknown(error: unknown): error is StoreUnavailable {
  return (
    error instanceof StoreUnavailable &&
    error.outcome === 'unknown' &&
    error.reason !== 'replication'
  )
}
