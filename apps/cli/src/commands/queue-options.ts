import type { NewQueueRule, QueueFilter, Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { findAccount } from './find-account.ts'
import { parseDuration, parseSize } from './parse-quantity.ts'

/** What mail is told apart by, as commander gives it. */
export interface PredicateOptions {
  readonly domain?: string | undefined
  readonly to?: string | undefined
  readonly from?: string | undefined
  readonly account?: string | undefined
  readonly older?: string | undefined
  readonly larger?: string | undefined
  readonly origin?: string | undefined
}

/** And by where it stands in the queue. */
export interface FilterOptions extends PredicateOptions {
  readonly state?: string | undefined
  readonly heldBy?: string | undefined
  readonly rule?: string | undefined
}

const states = ['waiting', 'deferred', 'held', 'active'] as const
const holders = ['operator', 'rule', 'account', 'delivery'] as const
const origins = ['submitted', 'forwarded', 'report', 'autoreply'] as const

/** The filter that these options mean. */
export async function filterOf(
  store: Store,
  options: FilterOptions,
  ids: readonly string[] = [],
): Promise<QueueFilter> {
  const state = oneOf('state', options.state, states)
  const heldBy = oneOf('held-by', options.heldBy, holders)
  const rule = options.rule === undefined ? undefined : ruleNumber(options.rule)
  const { account, sender, senderDomain, destination, ...rest } = await predicateOf(store, options)
  return {
    ...(ids.length > 0 && { queueIds: ids }),
    ...(state !== undefined && { state }),
    ...(heldBy !== undefined && { heldBy }),
    ...(rule !== undefined && { rule }),
    ...(account !== undefined && { account }),
    ...(sender !== undefined && { sender }),
    ...(senderDomain !== undefined && { senderDomain }),
    ...(destination !== undefined && { destination }),
    ...withoutUndefined(rest),
  }
}

function withoutUndefined({
  recipient,
  olderThanSeconds,
  largerThanBytes,
  origin,
}: Omit<NewQueueRule, 'because'>): QueueFilter {
  return {
    ...(recipient !== undefined && { recipient }),
    ...(olderThanSeconds !== undefined && { olderThanSeconds }),
    ...(largerThanBytes !== undefined && { largerThanBytes }),
    ...(origin !== undefined && { origin }),
  }
}

/** The predicate that these options mean: what is not said is undefined. */
export async function predicateOf(
  store: Store,
  options: PredicateOptions,
): Promise<Omit<NewQueueRule, 'because'>> {
  const { domain, to, from, account, older, larger } = options
  const isAddress = from?.includes('@') === true
  return {
    destination: domain,
    recipient: to,
    sender: isAddress ? bare(from) : undefined,
    senderDomain: isAddress ? undefined : from,
    account: account === undefined ? undefined : (await findAccount(store, account)).id,
    olderThanSeconds: quantity('older', older, parseDuration, 'write 30m, 4h or 2d'),
    largerThanBytes: quantity('larger', larger, parseSize, 'write 500K or 10M'),
    origin: oneOf('origin', options.origin, origins),
  }
}

/** `<>` is how people write the null sender. */
function bare(address: string): string {
  return address.replace(/^<(.*)>$/, '$1')
}

/** A rule's number, or the error that says what is wrong with it. */
export function ruleNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const hint = 'posthouse queue rules list'
  throw new CliError('usage', 'queue.rule', `"${text}" is no number of a rule`, hint)
}

function quantity(
  name: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
  hint: string,
): number | undefined {
  if (text === undefined) return undefined
  const value = parse(text)
  if (value !== undefined) return value
  throw new CliError('usage', `queue.${name}`, `"${text}" is not what --${name} takes`, hint)
}

/** One of a few words; undefined where none is given. */
export function oneOf<Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const found = words.find((word) => word === text)
  if (text === undefined || found !== undefined) return found
  const hint = words.join(', ')
  throw new CliError('usage', `queue.${name}`, `"${text}" is no ${name}`, `one of: ${hint}`)
}
