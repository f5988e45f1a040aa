import type { Account, FilterRule, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, oneOf, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

type Rule = FilterRule['rule']

/** A line of the lists. */
const senderKind = kind('Sender', 'a sender who is always, or never, let in', {
  sender: string,
  rule: oneOf('allow', 'block'),
  for: string,
  since: dateTime,
})

interface ListOptions extends ChangeOptions {
  readonly for?: string | undefined
}

/** `posthouse filter allow|block add SENDER…`. */
export async function addSenders(
  rule: Rule,
  senders: readonly string[],
  options: ListOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await ownerOf(store, options)
    const whose = account === undefined ? "everybody's" : `${account.address}'s`
    if (options.dryRun === true)
      return terminal.talk(`Would put ${senders.join(', ')} on ${whose} list (${rule})`)
    for (const sender of senders) {
      const outcome = await store.filterSettings.addRule(
        rule,
        sender,
        account?.id,
        commandLineActor(),
      )
      if (outcome === 'malformed') throw malformed(sender)
      if (outcome === 'full') {
        const hint = `posthouse filter ${rule} list`
        throw new CliError('conflict', 'filter.list_full', `${whose} list is full`, hint)
      }
    }
    await show(store, rule, options, account)
    terminal.talk(`On ${whose} list (${rule}): ${senders.join(', ')}.`)
    if (rule === 'allow')
      terminal.talk('It holds for mail that their domain has signed (DKIM); a virus is not let in.')
    terminal.next(`posthouse filter ${rule} list`)
  })
}

/** `posthouse filter allow|block remove SENDER…`. */
export async function removeSenders(
  rule: Rule,
  senders: readonly string[],
  options: ListOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await ownerOf(store, options)
    if (options.dryRun === true)
      return terminal.talk(`Would take ${senders.join(', ')} off the list (${rule})`)
    for (const sender of senders) {
      const outcome = await store.filterSettings.removeRule(
        rule,
        sender,
        account?.id,
        commandLineActor(),
      )
      if (outcome === 'malformed') throw malformed(sender)
      if (outcome === 'not-found') {
        const hint = `posthouse filter ${rule} list`
        throw new CliError('notFound', 'filter.not_listed', `${sender} is not on the list`, hint)
      }
    }
    await show(store, rule, options, account)
    terminal.talk(`Taken off the list (${rule}): ${senders.join(', ')}.`)
    terminal.next(`posthouse filter ${rule} list`)
  })
}

/** `posthouse filter allow|block list`. */
export async function listSenders(
  rule: Rule,
  options: CommonOptions & { readonly for?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await ownerOf(store, options)
    const list = await store.filterSettings.rules(account === undefined ? 'all' : account.id)
    const items = list.filter((one) => one.rule === rule).map(itemOf)
    terminal.list(senderKind, items, columns)
    if (items.length > 0) return
    terminal.talk('Nobody is on the list.')
    terminal.next(`posthouse filter ${rule} add example.org`)
  })
}

const columns = ['sender', 'rule', 'for', 'since'] as const

/** The list that was changed. */
async function show(
  store: Store,
  rule: Rule,
  options: CommonOptions,
  account: Account | undefined,
): Promise<void> {
  const list = await store.filterSettings.rules(account?.id)
  terminalOf(options).list(senderKind, list.filter((one) => one.rule === rule).map(itemOf), columns)
}

function ownerOf(store: Store, options: ListOptions): Promise<Account | undefined> {
  return options.for === undefined ? Promise.resolve(undefined) : findAccount(store, options.for)
}

function itemOf({ rule, subject, address, account, madeAt }: FilterRule) {
  const whose = account === undefined ? 'everybody' : (address ?? 'a removed account')
  return {
    id: subject,
    fields: { sender: subject, rule, for: whose, since: madeAt.toISOString() },
  }
}

function malformed(sender: string): CliError {
  const hint = 'write example.org or ada@example.org'
  return new CliError('usage', 'filter.sender', `"${sender}" is no domain and no address`, hint)
}
