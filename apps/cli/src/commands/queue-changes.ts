import type { QueueFilter, QueueItem, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { integer } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { listItems } from './queue.ts'
import { countText, pauseOf } from './queue-item.ts'
import { filterOf, type FilterOptions } from './queue-options.ts'
import { pauseLine } from './queue-pauses.ts'

/** What a change did. */
const queueChangeKind = kind('QueueChange', 'how many recipients were changed', {
  recipients: integer,
})

/** The options of every change to what waits. */
export interface QueueChangeOptions extends ChangeOptions, FilterOptions {
  readonly all?: boolean | undefined
  readonly because?: string | undefined
}

/** More are not shown by a dry run. */
const mostShown = 100_000

/** What is meant, and where to say what was done. */
export interface Meant {
  readonly store: Store
  readonly terminal: Terminal
  readonly filter: QueueFilter
  readonly items: readonly QueueItem[]
}

/** `posthouse queue retry`. */
export function retryQueue(ids: readonly string[], options: QueueChangeOptions): Promise<void> {
  return change('retry', ids, options, async (meant) => {
    const { store, terminal, filter } = meant
    const count = await store.queue.retry(filter, commandLineActor())
    tellChange(terminal, count, 'is due now', 'are due now')
    if (count === 0) terminal.talk('What was not due already is held, or being sent.')
    await tellPauses(meant)
    terminal.next('posthouse queue list')
  })
}

/** `posthouse queue hold`. */
export function holdQueue(ids: readonly string[], options: QueueChangeOptions): Promise<void> {
  return change('hold', ids, options, async ({ store, terminal, filter, items }) => {
    const by = commandLineActor()
    const because = options.because ?? `${by.user} said so`
    const count = await store.queue.hold(filter, { by: 'operator', because }, by)
    tellChange(terminal, count, 'is held', 'are held')
    const active = items.filter(({ state }) => state === 'active').length
    if (active > 0) terminal.talk(`${countText(active, 'attempt')} under way: the outcome counts.`)
    terminal.next(`posthouse queue release ${heldWords(ids, options)}`)
  })
}

/** `posthouse queue release`. */
export function releaseQueue(ids: readonly string[], options: QueueChangeOptions): Promise<void> {
  return change('release', ids, options, async (meant) => {
    const { store, terminal, filter } = meant
    const count = await store.queue.unhold(filter, commandLineActor())
    tellChange(terminal, count, 'is released', 'are released')
    await tellPauses(meant)
    terminal.next('posthouse queue list')
  })
}

/** What is due and goes nowhere all the same. */
async function tellPauses({ store, terminal, items }: Meant): Promise<void> {
  const pauses = await store.queue.pauses()
  const ours = new Set(items.map(({ destination }) => pauseOf(destination, pauses)))
  for (const pause of ours) if (pause !== undefined) terminal.talk(pauseLine(pause))
}

/** Ids and conditions that mean the same once it is held by the operator, and no more. */
function heldWords(ids: readonly string[], options: QueueChangeOptions): string {
  const { domain, to, from, account, older, larger, origin } = options
  const given = Object.entries({ domain, to, from, account, older, larger, origin })
  const words = given.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${shellWord(value)}`],
  )
  return [...ids, ...words, '--held-by operator'].join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** What is being sent at this moment cannot be ended: an error where it was all there is. */
export function tellActive({ terminal, items }: Meant, changed: number): void {
  const active = items.filter(({ state }) => state === 'active').length
  if (active === 0) return
  terminal.talk(`${countText(active, 'recipient')} being sent at this moment: left alone.`)
  if (changed === 0) process.exitCode = exitCodes.conflict
}

/** Says and prints how many were changed. */
export function tellChange(terminal: Terminal, count: number, one: string, many: string): void {
  terminal.object(queueChangeKind, { id: String(count), fields: { recipients: count } })
  terminal.talk(`${countText(count, 'recipient')} ${count === 1 ? one : many}.`)
}

/**
 * Finds out what is meant, says so in a dry run, and does it otherwise. Ids that are nothing, or are over, are an error before
 * anything is done.
 */
export async function change(
  verb: string,
  ids: readonly string[],
  options: QueueChangeOptions,
  work: (meant: Meant) => Promise<void>,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const filter = await filterOf(store, options, ids)
    if (Object.keys(filter).length === 0 && options.all !== true) {
      const hint = `give ids, a filter such as --domain, or --all: posthouse queue ${verb} --help`
      throw new CliError('usage', 'queue.nothing_meant', `Say what to ${verb}`, hint)
    }
    const items = await store.queue.list({ ...filter, limit: mostShown })
    await checkIds(store, ids, items)
    if (options.dryRun === true) {
      const touched = items.filter(({ state }) => isTouched(verb, state))
      listItems(terminal, touched, await store.queue.pauses())
      return terminal.talk(`Would ${verb} ${countText(touched.length, 'recipient')}.`)
    }
    await work({ store, terminal, filter, items })
  })
}

/** Whether a verb does anything to what is in such a state. */
function isTouched(verb: string, state: QueueItem['state']): boolean {
  if (state === 'active') return verb === 'hold'
  if (verb === 'release') return state === 'held'
  return state === 'waiting' || (state === 'held' && verb !== 'hold' && verb !== 'retry')
}

async function checkIds(
  store: Store,
  ids: readonly string[],
  items: readonly QueueItem[],
): Promise<void> {
  const there = new Set(items.map(({ queueId }) => queueId))
  for (const id of ids) {
    if (there.has(id.toUpperCase())) continue
    const [known] = await store.queue.show(id)
    if (known === undefined) {
      const hint = 'posthouse queue list'
      throw new CliError('notFound', 'queue.not_found', `Nothing is queued under ${id}`, hint)
    }
    const message = `${id} has ended, or is not what the filter means`
    throw new CliError('conflict', 'queue.not_meant', message, `posthouse queue show ${id}`)
  }
}
