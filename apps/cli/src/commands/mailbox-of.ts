import type { MailboxInfo, MailboxRefusal, Mailboxes, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import type { ChangeOptions } from '../command-options.ts'
import type { ItemOf } from '../output/kind.ts'
import { findAccount } from './find-account.ts'
import type { mailboxKind } from './mailbox-kinds.ts'

/** An account's mailboxes, to be changed from the command line: with audit rows, and with --dry-run undone at once. */
export async function changeableMailboxes(
  store: Store,
  address: string,
  { dryRun }: ChangeOptions,
): Promise<Mailboxes> {
  const account = await findAccount(store, address)
  const actor = commandLineActor()
  return store.mailboxes(account.id, {
    actor,
    address: account.address,
    isRehearsal: dryRun === true,
  })
}

/** The mailbox of this name, or the error that names those there are. */
export async function findMailbox(
  mailboxes: Mailboxes,
  address: string,
  name: string,
): Promise<MailboxInfo> {
  const found = await mailboxes.find(name)
  if (found !== undefined) return found
  const known = (await mailboxes.list()).map((mailbox) => mailbox.name).join(', ')
  const hint = `${address} has: ${known}`
  throw new CliError('notFound', 'mailbox.not_found', `There is no mailbox ${name}`, hint)
}

/** Mailboxes as they are listed. */
export async function mailboxItems(
  mailboxes: Mailboxes,
  list: readonly MailboxInfo[],
): Promise<readonly ItemOf<typeof mailboxKind>[]> {
  const [figures, names] = await Promise.all([
    mailboxes.status(list.map(({ id }) => id)),
    mailboxes.subscriptions(),
  ])
  const subscribed = new Set(names)
  return list.map(({ id, name, specialUse }) => {
    const { messages = 0, unseen = 0, bytes = 0 } = figures.get(id) ?? {}
    const use = specialUse ?? null
    return {
      id: name,
      fields: { name, use, subscribed: subscribed.has(name), messages, unseen, bytes },
    }
  })
}

/** Why the store would not do it, in words. */
export function refusedMailbox(name: string, reason: MailboxRefusal): CliError {
  const exit = reason === 'nonexistent' ? 'notFound' : reason === 'invalid' ? 'usage' : 'conflict'
  const words: Readonly<Record<MailboxRefusal, string>> = {
    exists: `A mailbox ${name} is there already`,
    nonexistent: `There is no mailbox ${name}`,
    invalid: `"${name}" is no mailbox name`,
    limit: 'There are too many mailboxes, or too many levels of them',
    inbox: 'INBOX stays as it is',
    'special-use': 'Another mailbox has this use',
  }
  return new CliError(exit, `mailbox.${reason.replace('-', '_')}`, words[reason])
}
