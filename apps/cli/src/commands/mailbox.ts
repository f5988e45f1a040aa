import type { DeletedMailbox } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { deletedMailboxKind, mailboxKind, undeleteKind } from './mailbox-kinds.ts'
import { changeableMailboxes, findMailbox, mailboxItems, refusedMailbox } from './mailbox-of.ts'
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
      terminal.list(deletedMailboxKind, items, ['name', 'messages', 'deleted'])
      if (gone.length === 0) terminal.talk('No mailbox was deleted within its retention.')
      else terminal.next(`posthouse mailbox restore ${address} "${gone[0]?.name ?? ''}"`)
      return
    }
    const items = await mailboxItems(mailboxes, await mailboxes.list())
    terminal.list(mailboxKind, items, ['name', 'use', 'subscribed', 'messages', 'unseen', 'bytes'])
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
    const mailboxes = await changeableMailboxes(store, address, options)
    const mailbox = await findMailbox(mailboxes, address, name)
    if (options.dryRun === true) {
      return terminal.talk(`Would bring back what was expunged from ${mailbox.name}`)
    }
    const outcome = await mailboxes.undelete(mailbox.id, { since })
    if (!outcome.ok) throw refusedMailbox(name, outcome.reason)
    const fields = { name: mailbox.name, restored: outcome.restored }
    terminal.object(undeleteKind, { id: mailbox.name, fields })
    terminal.talk(`${outcome.restored} messages are back in ${mailbox.name}, under new UIDs.`)
    terminal.next(`posthouse mailbox list ${address}`)
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
    const mailboxes = await changeableMailboxes(store, address, options)
    const gone: DeletedMailbox | undefined = (await mailboxes.deleted()).find(
      (deleted) => deleted.name === name,
    )
    if (gone === undefined) {
      const hint = `posthouse mailbox list ${address} --deleted`
      throw new CliError('notFound', 'mailbox.not_found', `No ${name} can be restored`, hint)
    }
    const target = options.as ?? name
    const outcome = await mailboxes.restore(gone.id, target)
    if (!outcome.ok) throw refusedMailbox(target, outcome.reason)
    if (options.dryRun === true) return terminal.talk(`Would restore ${name} as ${target}`)
    const back = await findMailbox(mailboxes, address, target)
    for (const item of await mailboxItems(mailboxes, [back])) terminal.object(mailboxKind, item)
    terminal.talk(`${back.name} is back with its ${gone.messages} messages.`)
    terminal.next(`posthouse mailbox list ${address}`)
  })
}
