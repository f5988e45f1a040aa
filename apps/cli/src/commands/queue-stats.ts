import type { PaceRecord, QueueGroup, QueueGrouping, Store } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import type { Item } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { lastText, pauseOf, type Pauses } from './queue-item.ts'
import { oneOf } from './queue-options.ts'
import { spanText } from './span-text.ts'

const groupings = ['domain', 'sender', 'error', 'state', 'age', 'provider'] as const

/** `posthouse queue stats`. */
export async function showQueueStats(
  options: CommonOptions & { readonly by: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const by = oneOf('by', options.by, groupings) ?? 'domain'
  await withStore(options, async (store) => {
    const items = by === 'provider' ? await providers(store) : await groups(store, by)
    const columns = by === 'provider' ? providerColumns : columnsOf(by)
    terminal.list(by === 'provider' ? 'ProviderList' : 'QueueGroupList', items, columns)
    const nothing = by === 'provider' ? 'No provider is known yet.' : 'The queue is empty.'
    if (items.length === 0) return terminal.talk(nothing)
    const first = items[0]?.id ?? ''
    if (by === 'domain') terminal.next(`posthouse queue list --domain ${first}`)
    else terminal.next('posthouse queue list')
  })
}

function columnsOf(by: QueueGrouping): readonly string[] {
  const counts = ['recipients', 'held', 'octets', 'oldest', 'next']
  return by === 'error' ? ['name', ...counts, 'answer'] : ['name', ...counts]
}

async function groups(store: Store, by: QueueGrouping): Promise<readonly Item[]> {
  const [list, pauses] = await Promise.all([store.queue.stats(by), store.queue.pauses()])
  const now = new Date()
  return list.map((group) => groupItem(group, by, pauses, now))
}

function groupItem(group: QueueGroup, by: QueueGrouping, pauses: Pauses, now: Date): Item {
  const { name, recipients, held, octets, oldestSeconds, nextAt, reply } = group
  const pause = by === 'domain' ? pauseOf(name, pauses) : undefined
  const ms = nextAt === undefined ? undefined : nextAt.getTime() - now.getTime()
  return {
    id: name,
    fields: {
      name: name === '' ? 'not tried yet' : name,
      recipients,
      held,
      octets,
      oldestSeconds: Math.round(oldestSeconds),
      oldest: spanText(oldestSeconds * 1000),
      nextAt: nextAt?.toISOString() ?? null,
      next: pause !== undefined ? 'paused' : nextOf(ms),
      answer: reply === undefined ? null : lastText(reply),
      text: reply?.text ?? null,
    },
  }
}

function nextOf(ms: number | undefined): string {
  if (ms === undefined) return '-'
  return ms <= 0 ? 'now' : `in ${spanText(ms)}`
}

const providerColumns = [
  'provider',
  'source',
  'state',
  'connections',
  'rate',
  'delivered',
  'answer',
]

/** How fast each provider takes mail, slow ones first. */
async function providers(store: Store): Promise<readonly Item[]> {
  const list = await store.pace.list()
  return list.map((record) => ({ id: record.provider, fields: providerFields(record) }))
}

function providerFields(record: PaceRecord): Item['fields'] {
  const { provider, source, connections, rate, ramp, suspendedUntil, last, delivered } = record
  const isSuspended = suspendedUntil !== undefined && suspendedUntil > new Date()
  return {
    provider,
    source,
    state: isSuspended ? `suspended until ${suspendedUntil.toISOString()}` : stateOf(record),
    connections,
    rate: rate ?? ramp ?? null,
    delivered,
    suspendedUntil: suspendedUntil?.toISOString() ?? null,
    because: record.because ?? null,
    answer: last === undefined ? null : lastText(last),
    answeredAt: last?.at.toISOString() ?? null,
    text: last?.text ?? null,
  }
}

function stateOf({ isResigned, rate, ramp }: PaceRecord): string {
  if (isResigned) return 'refuses us'
  if (rate !== undefined) return 'slowed down'
  return ramp === undefined ? 'as fast as it goes' : 'getting to know us'
}
