import type { Database } from './database.ts'
import { mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { unpackExpunge } from './log-payload.ts'
import { enterMessages } from './mailbox-writes.ts'
import type { DeletedMailbox, UndeleteRange } from './mailboxes.ts'
import type { SharedMailbox } from './shared-mailbox.ts'
import { tupleStatement, type Transaction } from './statement.ts'
import { writeTrace } from './trace-writer.ts'

type EntryRow = readonly [uid: number, messageId: number, size: number, received: number]

const expungesStatement = tupleStatement<readonly [Buffer]>(
  'undelete_expunges',
  `SELECT payload FROM mailbox_log
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND kind = 'expunge'
    AND at >= $3::timestamptz AND at <= coalesce($4::timestamptz, 'infinity') AND op_id IS NULL
  ORDER BY modseq`,
)
const entriesStatement = tupleStatement<EntryRow>(
  'undelete_entries',
  `SELECT uid, message_id, size, received FROM entry
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND uid = ANY ($3::bigint[])
  ORDER BY uid`,
)

/** More than this at once would hold the mailbox's lock too long. */
const batch = 5_000

/**
 * Enters expunged messages again, under new UIDs and with the flags they had (STORE.md, UNDELETE): old log rows would apply
 * again to a UID that came back. What was moved away, stands here already, or is purged is left out. Gives how many.
 */
export async function undelete(shared: SharedMailbox, range: UndeleteRange): Promise<number> {
  let restored = 0
  for (;;) {
    const count = await shared.underLock([shared.mailbox], async (tx) => ({
      value: await restoreSome(tx, shared, range),
    }))
    restored += count
    if (count < batch) return restored
  }
}

/** The lock keeps the purge off the entries. */
async function restoreSome(
  tx: Transaction,
  shared: SharedMailbox,
  { since, until }: UndeleteRange,
): Promise<number> {
  const { account, mailbox, state } = shared
  const expunges = await tx.query(expungesStatement, [account, mailbox, since, until ?? null])
  const present = new Set(state.slice().messageIds)
  // By message: what was restored and expunged again is in two rows, and the later flags count.
  const gone = new Map<number, { readonly uid: number; readonly flags: number }>()
  for (const [payload] of expunges) {
    const { uids, flags, messageIds } = unpackExpunge(payload)
    for (const [i, id] of messageIds.entries()) {
      if (!present.has(id)) gone.set(id, { uid: uids[i] ?? 0, flags: flags[i] ?? 0 })
    }
  }
  const wanted = [...gone.values()].map(({ uid }) => uid).toSorted((a, b) => a - b)
  const rows = await tx.query(entriesStatement, [account, mailbox, wanted])
  const some = rows.slice(0, batch)
  if (some.length === 0) return 0
  const uids = some.map(([one]) => one)
  void writeTrace(tx, [{ kind: 'undeleted', account, mailbox, uids }]).catch(() => {})
  await enterMessages(tx, {
    accounts: some.map(() => account),
    mailboxes: some.map(() => mailbox),
    messageIds: some.map(([, id]) => id),
    flags: some.map(([, id]) => gone.get(id)?.flags ?? 0),
    sizes: some.map(([, , size]) => size),
    received: some.map(([, , , received]) => received),
  })
  return some.length
}

type DeletedRow = readonly [number, string, Date, number]

const deletedStatement = tupleStatement<DeletedRow>(
  'mailboxes_deleted',
  `SELECT m.mailbox_id, m.name, m.deleted_at, h.total FROM mailbox m
  JOIN mailbox_head h ON h.account_id = m.account_id AND h.mailbox_id = m.mailbox_id
  WHERE m.account_id = $1::uuid AND m.state = 'deleting' AND m.deleted_at > '-infinity'
  ORDER BY m.deleted_at DESC`,
)

/** The account's deleted mailboxes, the latest first. Not those whose purge has begun (deleted at -infinity). */
export async function deletedMailboxes(
  database: Database,
  account: AccountId,
): Promise<readonly DeletedMailbox[]> {
  const rows = await database.read(deletedStatement, [account])
  return rows.map(([id, name, deletedAt, messages]) => {
    return { id: mailboxId(id), name, deletedAt, messages }
  })
}

/** A name was taken meanwhile: the unique index refuses, and the caller says so. No special use: it may be another's now. */
const reviveStatement = tupleStatement<readonly [string]>(
  'mailbox_revive',
  `UPDATE mailbox SET state = 'live', deleted_at = NULL, special_use = NULL, name = $3
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND state = 'deleting'
    AND deleted_at > '-infinity'
  RETURNING name`,
)
const reviveHeadStatement = tupleStatement<readonly [number]>(
  'mailbox_head_revive',
  `UPDATE mailbox_head SET live = true
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint RETURNING mailbox_id`,
)

/** Brings a deleted mailbox back under this name, as it was. False: it is not there (any more). */
export async function reviveMailbox(
  tx: Transaction,
  account: AccountId,
  mailbox: MailboxId,
  name: string,
): Promise<boolean> {
  const [row] = await tx.query(reviveStatement, [account, mailbox, name])
  if (row === undefined) return false
  await tx.query(reviveHeadStatement, [account, mailbox])
  return true
}
