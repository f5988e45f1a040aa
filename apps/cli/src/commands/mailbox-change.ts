import type { MailboxInfo, SpecialUse } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { mailboxKind } from './mailbox-kinds.ts'
import { changeableMailboxes, findMailbox, mailboxItems, refusedMailbox } from './mailbox-of.ts'

/** Uses that a mailbox of its own can have; \All and \Flagged would be searches (RFC 6154 §2). */
const uses: ReadonlyMap<string, SpecialUse> = new Map([
  ['archive', '\\Archive'],
  ['drafts', '\\Drafts'],
  ['important', '\\Important'],
  ['junk', '\\Junk'],
  ['sent', '\\Sent'],
  ['trash', '\\Trash'],
])

/** `posthouse mailbox create ADDRESS MAILBOX`. */
export async function createMailbox(
  address: string,
  name: string,
  options: ChangeOptions & {
    readonly use?: string | undefined
    readonly subscribe?: boolean | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const specialUse = useOf(options.use)
  await withStore(options, async (store) => {
    const mailboxes = await changeableMailboxes(store, address, options)
    const made = await mailboxes.create(name, specialUse === undefined ? {} : { specialUse })
    if (!made.ok) throw refusedMailbox(name, made.reason)
    if (options.dryRun === true) return terminal.talk(`Would create ${made.mailbox.name}`)
    // Most clients show what is subscribed and nothing else.
    if (options.subscribe !== false) await mailboxes.subscribe(made.mailbox.name)
    for (const item of await mailboxItems(mailboxes, [made.mailbox]))
      terminal.object(mailboxKind, item)
    terminal.talk(`${address} has ${made.mailbox.name}.`)
    terminal.next(`posthouse mailbox list ${address}`)
  })
}

/** `posthouse mailbox rename ADDRESS MAILBOX NEW`, with all below it (RFC 3501 §6.3.5). */
export async function renameMailbox(
  address: string,
  name: string,
  target: string,
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const mailboxes = await changeableMailboxes(store, address, options)
    const { name: from } = await findMailbox(mailboxes, address, name)
    const outcome = await mailboxes.rename(from, target)
    if (!outcome.ok) throw refusedMailbox(target, outcome.reason)
    const isInbox = from === 'INBOX'
    const what = isInbox
      ? 'move the messages of INBOX to'
      : `rename ${from} and what is below it to`
    if (options.dryRun === true) return terminal.talk(`Would ${what} ${target}`)
    const made = await findMailbox(mailboxes, address, target.replace(/\/$/, ''))
    for (const item of await mailboxItems(mailboxes, [made])) terminal.object(mailboxKind, item)
    terminal.talk(isInbox ? `${made.name} has what INBOX had.` : `${from} is ${made.name} now.`)
    terminal.next(`posthouse mailbox list ${address}`)
  })
}

/** `posthouse mailbox delete ADDRESS MAILBOX`; what is below it stays (RFC 3501 §6.3.4). */
export async function deleteMailbox(
  address: string,
  name: string,
  options: ChangeOptions & { readonly confirm?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const mailboxes = await changeableMailboxes(store, address, options)
    const mailbox = await findMailbox(mailboxes, address, name)
    if (mailbox.name === 'INBOX') throw refusedMailbox(name, 'inbox')
    const [item] = await mailboxItems(mailboxes, [mailbox])
    const messages = item?.fields.messages ?? 0
    if (options.dryRun !== true) {
      const warning = `${mailbox.name} of ${address} will be deleted with its ${messages} messages.`
      const { confirmByName } = await import('../ask.ts')
      await confirmByName({ warning, name: mailbox.name, given: options.confirm }, options)
    }
    const outcome = await mailboxes.remove(mailbox.name)
    if (!outcome.ok) throw refusedMailbox(name, outcome.reason)
    if (options.dryRun === true)
      return terminal.talk(`Would delete ${mailbox.name} with its ${messages} messages`)
    if (item !== undefined) terminal.object(mailboxKind, item)
    terminal.talk(`${mailbox.name} is deleted. Until its retention ends it can be brought back.`)
    terminal.next(`posthouse mailbox restore ${address} "${mailbox.name}"`)
  })
}

/** `posthouse mailbox subscribe ADDRESS MAILBOX`, `unsubscribe`: whether clients show it. */
export async function switchSubscription(
  address: string,
  name: string,
  isOn: boolean,
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const mailboxes = await changeableMailboxes(store, address, options)
    const mailbox = isOn
      ? await findMailbox(mailboxes, address, name)
      : await subscribedMailbox(mailboxes, address, name)
    const given = mailbox?.name ?? name
    const outcome = await (isOn ? mailboxes.subscribe(given) : mailboxes.unsubscribe(given))
    if (!outcome.ok) throw refusedMailbox(given, outcome.reason)
    const verb = isOn ? 'subscribe' : 'unsubscribe'
    if (options.dryRun === true) return terminal.talk(`Would ${verb} ${address} to ${given}`)
    const list = mailbox === undefined ? [] : [mailbox]
    for (const item of await mailboxItems(mailboxes, list)) terminal.object(mailboxKind, item)
    terminal.talk(isOn ? `Clients show ${given}.` : `Clients hide ${given}.`)
    terminal.next(`posthouse mailbox list ${address}`)
  })
}

/** A subscription survives its mailbox (RFC 3501 §6.3.6), and can be ended without it. */
async function subscribedMailbox(
  mailboxes: Awaited<ReturnType<typeof changeableMailboxes>>,
  address: string,
  name: string,
): Promise<MailboxInfo | undefined> {
  if ((await mailboxes.subscriptions()).includes(name)) return mailboxes.find(name)
  return findMailbox(mailboxes, address, name)
}

function useOf(word: string | undefined): SpecialUse | undefined {
  if (word === undefined) return undefined
  const use = uses.get(word.toLowerCase())
  if (use !== undefined) return use
  const hint = [...uses.keys()].join(', ')
  throw new CliError('usage', 'mailbox.use', `"${word}" is no use of a mailbox`, hint)
}
