import type { DeletedMailbox, MailboxInfo, MailboxRefusal, Mailboxes } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { parseMoment } from './parse-quantity.ts'

/** `posthouse mailbox list ADDRESS`. */
export async function listMailboxes(
  address: string,
  options: CommonOptions & { readonly deleted?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const mailboxes = store.mailboxes((await findAccount(store, address)).id)
    if (options.deleted === true) {
      const gone = await mailboxes.deleted()
      const items = gone.map(({ name, messages, deletedAt }) => {
        return { id: name, fields: { name, messages, deleted: deletedAt.toISOString() } }
      })
      terminal.list('DeletedMailboxList', items, ['name', 'messages', 'deleted'])
      if (gone.length === 0) terminal.talk('No mailbox was deleted within its retention.')
      return
    }
    const list = await mailboxes.list()
    const figures = await mailboxes.status(list.map(({ id }) => id))
    const items = list.map(({ id, name, specialUse }) => {
      const { messages = 0, unseen = 0, bytes = 0 } = figures.get(id) ?? {}
      return { id: name, fields: { name, use: specialUse ?? null, messages, unseen, bytes } }
    })
    terminal.list('MailboxList', items, ['name', 'use', 'messages', 'unseen', 'bytes'])
  })
}

/** `posthouse mailbox undelete ADDRESS MAILBOX`. */
export async function undelete(
  address: string,
  name: string,
  options: ChangeOptions & { readonly since?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const since = options.since === undefined ? new Date(0) : parseMoment(options.since, new Date())
  if (since === undefined) {
    const hint = 'write 90m, 12h, 3d or 2026-01-31'
    throw new CliError('usage', 'usage.time', `"${options.since}" is no time`, hint)
  }
  await withStore(options, async (store) => {
    const mailboxes = store.mailboxes((await findAccount(store, address)).id)
    const mailbox = await mailboxes.find(name)
    if (mailbox === undefined) throw await noMailbox(mailboxes, address, name)
    if (options.dryRun === true) {
      return terminal.talk(`Would bring back what was expunged from ${mailbox.name}`)
    }
    const outcome = await mailboxes.undelete(mailbox.id, { since })
    if (!outcome.ok) throw refused(name, outcome.reason)
    const fields = { name: mailbox.name, restored: outcome.restored }
    terminal.object('Undelete', { id: mailbox.name, fields })
    terminal.talk(`${outcome.restored} messages are back in ${mailbox.name}, under new UIDs.`)
  })
}

/** `posthouse mailbox restore ADDRESS MAILBOX`: the one that was deleted last under this name. */
export async function restoreMailbox(
  address: string,
  name: string,
  options: ChangeOptions & { readonly as?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const mailboxes = store.mailboxes((await findAccount(store, address)).id)
    const gone: DeletedMailbox | undefined = (await mailboxes.deleted()).find(
      (deleted) => deleted.name === name,
    )
    if (gone === undefined) {
      const hint = `posthouse mailbox list ${address} --deleted`
      throw new CliError('notFound', 'mailbox.not_found', `No ${name} can be restored`, hint)
    }
    const target = options.as ?? name
    if (options.dryRun === true) return terminal.talk(`Would restore ${name} as ${target}`)
    const outcome = await mailboxes.restore(gone.id, target)
    if (!outcome.ok) throw refused(target, outcome.reason)
    terminal.object('Mailbox', { id: target, fields: { name: target, messages: gone.messages } })
    terminal.talk(`${target} is back with its ${gone.messages} messages.`)
  })
}

async function noMailbox(mailboxes: Mailboxes, address: string, name: string): Promise<CliError> {
  const list: readonly MailboxInfo[] = await mailboxes.list()
  const known = list.map((mailbox) => mailbox.name).join(', ')
  const hint = `${address} has: ${known}`
  return new CliError('notFound', 'mailbox.not_found', `There is no mailbox ${name}`, hint)
}

function refused(name: string, reason: MailboxRefusal): CliError {
  const exit = reason === 'exists' ? 'conflict' : reason === 'nonexistent' ? 'notFound' : 'usage'
  const words: Readonly<Record<MailboxRefusal, string>> = {
    exists: `A mailbox ${name} is there already`,
    nonexistent: `There is no mailbox ${name}`,
    invalid: `"${name}" is no mailbox name`,
    limit: 'The account has as many mailboxes as it can have',
    inbox: 'INBOX stays as it is',
    'special-use': 'Another mailbox has this use',
  }
  return new CliError(exit, `mailbox.${reason.replace('-', '_')}`, words[reason])
}
