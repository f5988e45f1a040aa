import type { PaceRecord, QueueGroup, QueueGrouping, Store } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind, type FieldsOfKind, type ItemOf } from '../output/kind.ts'
import { dateTime, integer, number, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { lastText, pauseOf, type Pauses } from './queue-item.ts'
import { oneOf } from './queue-options.ts'
import { spanText } from './span-text.ts'

/** A line of `queue stats`. */
const groupKind = kind('QueueGroup', 'what waits, by domain, sender, error, state or age', {
  name: string,
  recipients: integer,
  held: integer,
  octets: integer,
  oldestSeconds: integer,
  oldest: string,
  nextAt: orNull(dateTime),
  next: string,
  answer: orNull(string),
  text: orNull(string),
})

/** A line of `queue stats --by provider`. */
const providerKind = kind('Provider', 'how fast a provider takes mail', {
  provider: string,
  source: string,
  state: string,
  connections: integer,
  rate: orNull(number),
  delivered: integer,
  suspendedUntil: orNull(dateTime),
  because: orNull(string),
  answer: orNull(string),
  answeredAt: orNull(dateTime),
  text: orNull(string),
})

const groupings = ['domain', 'sender', 'error', 'state', 'age', 'provider'] as const

/** `posthouse queue stats`. */
export async function showQueueStats(
  options: CommonOptions & { readonly by: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const by = oneOf('by', options.by, groupings) ?? 'domain'
  await withStore(options, async (store) => {
    if (by === 'provider') return listProviders(terminal, await providers(store))
    const items = await groups(store, by)
    terminal.list(groupKind, items, columnsOf(by))
    if (items.length === 0) return terminal.talk('The queue is empty.')
    if (by === 'domain') terminal.next(`posthouse queue list --domain ${items[0]?.id ?? ''}`)
    else terminal.next('posthouse queue list')
  })
}

function listProviders(terminal: Terminal, items: readonly ItemOf<typeof providerKind>[]): void {
  terminal.list(providerKind, items, providerColumns)
  if (items.length === 0) return terminal.talk('No provider is known yet.')
  terminal.next('posthouse queue list')
}

function columnsOf(by: QueueGrouping): readonly (keyof FieldsOfKind<typeof groupKind>)[] {
  const counts = ['recipients', 'held', 'octets', 'oldest', 'next'] as const
  return by === 'error' ? ['name', ...counts, 'answer'] : ['name', ...counts]
}

async function groups(
  store: Store,
  by: QueueGrouping,
): Promise<readonly ItemOf<typeof groupKind>[]> {
  const [list, pauses] = await Promise.all([store.queue.stats(by), store.queue.pauses()])
  const now = new Date()
  return list.map((group) => groupItem(group, by, pauses, now))
}

function groupItem(
  group: QueueGroup,
  by: QueueGrouping,
  pauses: Pauses,
  now: Date,
): ItemOf<typeof groupKind> {
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
] as const

/** How fast each provider takes mail, slow ones first. */
async function providers(store: Store): Promise<readonly ItemOf<typeof providerKind>[]> {
  const list = await store.pace.list()
  return list.map((record) => ({ id: record.provider, fields: providerFields(record) }))
}

function providerFields(record: PaceRecord): FieldsOfKind<typeof providerKind> {
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
