import type {
  AccountId,
  AccountSettings,
  MailboxId,
  OpenMailbox,
  Store,
  Uid,
} from '@posthouse/store'
import { faultPoint } from '@posthouse/telemetry'

/** What a session leaves behind at QUIT. */
export interface Update {
  readonly account: AccountId
  readonly mailbox: MailboxId
  /** Marked by DELE. */
  readonly deleted: readonly Uid[]
  /** Sent by RETR. */
  readonly fetched: readonly Uid[]
}

/** `limit`: the account has no room for the keyword that hides messages. */
export type UpdateOutcome = 'done' | 'limit'

/**
 * The keyword of messages that stay and are hidden from POP3: Dovecot's, so that mail that was moved over stays hidden.
 * Whoever takes it away by IMAP shows the message again.
 */
export const hiddenKeyword = '$POP3Deleted'

/**
 * The UPDATE state (RFC 1939 §6). What was marked is removed in one transaction, all or nothing; messages that others have
 * removed meanwhile are not missed. Throws StoreUnavailable.
 */
export async function update(
  store: Store,
  settings: AccountSettings,
  { account, mailbox, deleted, fetched }: Update,
): Promise<UpdateOutcome> {
  const seen = settings['pop3.seen'] === 'yes' ? fetched : []
  if (deleted.length + seen.length === 0) return 'done'
  await faultPoint('pop3.quit.before-expunge')
  const open = await store.open(account, mailbox, { readOnly: false })
  // Gone with everything in it: what was to be removed is removed.
  if (open === undefined) return 'done'
  try {
    if (seen.length > 0) await open.setFlags(seen, { op: 'add', flags: ['\\Seen'] })
    if (deleted.length > 0) return await remove(store, settings['pop3.delete'], open, deleted)
    return 'done'
  } finally {
    open.close()
    await faultPoint('pop3.quit.after-expunge')
  }
}

async function remove(
  store: Store,
  how: AccountSettings['pop3.delete'],
  open: OpenMailbox,
  uids: readonly Uid[],
): Promise<UpdateOutcome> {
  switch (how) {
    case 'expunge':
      await open.expunge(uids)
      return 'done'
    case 'trash':
      await moveToTrash(store, open, uids)
      return 'done'
    case 'hide': {
      const outcome = await open.setFlags(uids, { op: 'add', flags: [hiddenKeyword] })
      return !outcome.ok && outcome.reason === 'limit' ? 'limit' : 'done'
    }
  }
}

/** Attempts, should Trash disappear under our hands. */
const attempts = 3

async function moveToTrash(store: Store, open: OpenMailbox, uids: readonly Uid[]): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const trash = await trashOf(store, open.account)
    if (trash === undefined) continue
    const outcome = await open.move(uids, trash)
    if (outcome.ok || open.isGone) return
  }
  throw new Error('there is no Trash to move messages to')
}

/** The mailbox that is Trash by its use, else by its name, else a new one. */
async function trashOf(store: Store, account: AccountId): Promise<MailboxId | undefined> {
  const mailboxes = store.mailboxes(account)
  const all = await mailboxes.list()
  const found =
    all.find(({ specialUse }) => specialUse === '\\Trash') ??
    all.find(({ name }) => name === 'Trash')
  if (found !== undefined) return found.id
  const made = await mailboxes.create('Trash', { specialUse: '\\Trash' })
  return made.ok ? made.mailbox.id : undefined
}
