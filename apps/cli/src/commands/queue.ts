import type { QueueItem, Store } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import {
  countText,
  queueColumns,
  queuedRecipientKind,
  queueItem,
  type Pauses,
} from './queue-item.ts'
import { filterOf, type FilterOptions } from './queue-options.ts'
import { pauseLine } from './queue-pauses.ts'
import { limitOf } from './list-bounds.ts'

/** More than anybody reads. */
const mostItems = 100_000

/** Which recipients are listed. */
export interface QueueListOptions extends CommonOptions, FilterOptions {
  readonly limit: string
}

/** `posthouse queue list`. */
export async function listQueue(options: QueueListOptions): Promise<void> {
  const terminal = terminalOf(options)
  const limit = limitOf(options.limit, mostItems, 'recipients', 'queue.limit')
  await withStore(options, async (store) => {
    const filter = await filterOf(store, options)
    const [items, pauses] = await Promise.all([
      store.queue.list({ ...filter, limit }),
      store.queue.pauses(),
    ])
    listItems(terminal, items, pauses)
    if (items.length === limit) terminal.talk(`These are the oldest ${limit}; see --limit.`)
    for (const pause of pauses) terminal.talk(pauseLine(pause))
    if (items.length === 0) await tellNothing(store, terminal, filter)
    else terminal.next(`posthouse queue show ${items[0]?.queueId ?? ''}`)
  })
}

/** Prints recipients as a list. */
export function listItems(terminal: Terminal, items: readonly QueueItem[], pauses: Pauses): void {
  const now = new Date()
  const rows = items.map((item) => queueItem(item, pauses, now))
  terminal.list(queuedRecipientKind, rows, queueColumns)
}

async function tellNothing(store: Store, terminal: Terminal, filter: object): Promise<void> {
  if (Object.keys(filter).length === 0) return terminal.talk('The queue is empty.')
  const { waiting, held } = await store.queue.status()
  const all = countText(waiting + held, 'recipient')
  terminal.talk(printable(`Nothing in the queue is like that; ${all} in all.`))
}
