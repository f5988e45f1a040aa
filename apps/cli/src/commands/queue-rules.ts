import type { QueueRule, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { printable } from '../output/table.ts'
import { kind } from '../output/kind.ts'
import { dateTime, integer, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { countText } from './queue-item.ts'
import { filterOf, predicateOf, ruleNumber, type PredicateOptions } from './queue-options.ts'
import { spanText } from './span-text.ts'

const columns = ['id', 'holds', 'what', 'since', 'by', 'because'] as const

/** A rule. */
const ruleKind = kind('QueueRule', 'mail that is held when its turn comes', {
  id: integer,
  holds: integer,
  what: string,
  since: dateTime,
  by: string,
  because: string,
})

/** What `queue rules remove` did. */
const ruleRemovalKind = kind('QueueRuleRemoval', 'a rule that is gone, and what it still holds', {
  id: integer,
  holds: integer,
})

/** `posthouse queue rules list`. */
export async function listRules(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const rules = await store.queue.rules()
    const names = await accountNames(store)
    terminal.list(
      ruleKind,
      rules.map((rule) => ruleItem(rule, names)),
      columns,
    )
    if (rules.length === 0) return terminal.talk('No rule holds anything.')
    const holding = rules.find(({ holds }) => holds > 0)
    if (holding === undefined) terminal.next(`posthouse queue rules remove ${rules[0]?.id ?? ''}`)
    else terminal.next(`posthouse queue list --rule ${holding.id}`)
  })
}

/** `posthouse queue rules add`. */
export async function addRule(
  options: ChangeOptions & PredicateOptions & { readonly because?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const predicate = await predicateOf(store, options)
    if (Object.values(predicate).every((value) => value === undefined)) {
      const hint = 'give --from, --to, --domain, --account, --older, --larger or --origin'
      throw new CliError('usage', 'queue.rule_empty', 'A rule needs a condition', hint)
    }
    if (options.dryRun === true) {
      const filter = await filterOf(store, { ...options, state: 'waiting' })
      const items = await store.queue.list({ ...filter, limit: 100_000 })
      return terminal.talk(`Would hold ${countText(items.length, 'recipient')} at once.`)
    }
    const by = commandLineActor()
    const because = options.because ?? `${by.user} said so`
    const { rule, held } = await store.queue.addRule({ ...predicate, because }, by)
    const names = await accountNames(store)
    terminal.object(ruleKind, ruleItem(rule, names))
    const what = conditionsOf(rule, names).join(' and ')
    terminal.talk(printable(`Rule ${rule.id} holds what is ${what}.`))
    terminal.talk(`${countText(held, 'recipient')} held now; others will be when their turn comes.`)
    terminal.next(
      `posthouse queue list --rule ${rule.id}`,
      `posthouse queue rules remove ${rule.id}`,
    )
  })
}

/** `posthouse queue rules remove ID`. */
export async function removeRule(id: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  const number = ruleNumber(id)
  await withStore(options, async (store) => {
    const rule = (await store.queue.rules()).find((one) => one.id === number)
    if (rule === undefined) {
      const hint = 'posthouse queue rules list'
      throw new CliError('notFound', 'queue.rule_not_found', `There is no rule ${id}`, hint)
    }
    const left = countText(rule.holds, 'recipient')
    if (options.dryRun === true)
      return terminal.talk(`Would remove rule ${id}; ${left} would stay held.`)
    await store.queue.removeRule(number, commandLineActor())
    terminal.object(ruleRemovalKind, { id, fields: { id: number, holds: rule.holds } })
    terminal.talk(`Rule ${id} is gone; ${left} held by it stay held.`)
    terminal.next(
      rule.holds > 0 ? `posthouse queue release --rule ${id}` : 'posthouse queue rules list',
    )
  })
}

function ruleItem(rule: QueueRule, names: ReadonlyMap<string, string>) {
  const { id, because, since, by, holds } = rule
  const what = conditionsOf(rule, names)
  return {
    id: String(id),
    fields: { id, holds, what: what.join(' and '), since: since.toISOString(), by, because },
  }
}

function conditionsOf(rule: QueueRule, names: ReadonlyMap<string, string>): readonly string[] {
  const { sender, senderDomain, account, destination, recipient, origin } = rule
  const { olderThanSeconds: seconds, largerThanBytes: bytes } = rule
  return [
    sender === undefined ? [] : `from ${sender === '' ? '<>' : sender}`,
    senderDomain === undefined ? [] : `from ${senderDomain}`,
    account === undefined ? [] : `of account ${names.get(account) ?? account}`,
    destination === undefined ? [] : `to ${destination}`,
    recipient === undefined ? [] : `to ${recipient}`,
    seconds === undefined ? [] : `older than ${spanText(seconds * 1000)}`,
    bytes === undefined ? [] : `larger than ${bytes} octets`,
    origin === undefined ? [] : `that is ${origin}`,
  ].flat()
}

async function accountNames(store: Store): Promise<ReadonlyMap<string, string>> {
  const accounts = await store.accounts.list()
  return new Map(accounts.map(({ id, address }) => [id, address]))
}
