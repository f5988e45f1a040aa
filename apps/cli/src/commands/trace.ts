import { setTimeout as sleep } from 'node:timers/promises'
import type { Store, TraceQuery, TraceStep } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { untilInterrupted } from '../interruption.ts'
import { localTime } from '../output/local-time.ts'
import { printable } from '../output/table.ts'
import type { ItemOf } from '../output/kind.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { queryOf, type TraceSelection } from './trace-query.ts'
import { stepFields, traceStepKind } from './trace-step.ts'
import { words } from './trace-words.ts'

/** Which steps are shown, and how. */
export interface TraceOptions extends CommonOptions, TraceSelection {
  readonly full?: boolean | undefined
  readonly follow?: boolean | undefined
}

/** How long new steps wait to be seen, where a look costs little. */
const followMs = 1_000

/** Each look goes over all that was told since the beginning: after days of a busy house it may take a tenth of its time. */
export function restAfter(tookMs: number): number {
  return Math.max(followMs, 9 * tookMs)
}

/** `posthouse trace [ADDRESS|MESSAGE-ID|QUEUE-ID]`: what happened to a message, at an address, to mail like this. */
export async function showTrace(what: string | undefined, options: TraceOptions): Promise<void> {
  const terminal = terminalOf(options)
  const query = queryOf(what, options)
  await withStore(options, async (store) => {
    if (options.follow === true) return follow(store, terminal, query, options)
    const steps = await findSteps(store, query, what)
    if (steps.length === 0) {
      const hint = 'say --since 7d to look further back; steps are kept for 30 days'
      const text = `Nothing is known of ${what ?? 'mail like this'}`
      throw new CliError('notFound', 'trace.not_found', text, hint)
    }
    tell(terminal, steps, options)
  })
}

/** What has an `@` may be an address, or a Message-ID without its brackets. */
async function findSteps(
  store: Store,
  query: TraceQuery,
  what: string | undefined,
): Promise<readonly TraceStep[]> {
  const steps = await store.trace.find(query)
  if (steps.length > 0 || query.subject.by !== 'address') return steps
  return store.trace.find({ ...query, subject: { by: 'message-id', id: `<${what ?? ''}>` } })
}

function tell(terminal: Terminal, steps: readonly TraceStep[], options: TraceOptions): void {
  const items = steps.map((step, i) => itemOf(terminal, step, i + 1, options))
  if (!terminal.isTalking || options.fields !== undefined)
    return terminal.list(traceStepKind, items, ['t', 'step', 'what', 'id'])
  const ids = [...new Set(steps.flatMap(({ queueId }) => queueId ?? []))]
  const several = ids.length > 1
  const shown = items.map(({ id, fields }, i) => {
    return { id, fields: { ...fields, time: localTime(steps[i]?.at ?? new Date()) } }
  })
  terminal.list(traceStepKind, shown, ['time', 'step', ...(several ? ['id'] : []), 'what'])
  if (several) return terminal.talk('One of them alone: posthouse trace ID')
  const [id] = ids
  if (id !== undefined) terminal.talk(`Message ${id}`)
}

/** Programs get the whole of it, in UTC. */
function itemOf(
  terminal: Terminal,
  step: TraceStep,
  number: number,
  { full }: TraceOptions,
): ItemOf<typeof traceStepKind> {
  const telling = terminal.isTalking
    ? { isWhole: full === true, time: localTime }
    : { isWhole: true, time: (at: Date) => at.toISOString() }
  return { id: step.queueId ?? String(number), fields: stepFields(step, telling) }
}

/** Tells each step as it comes, a line each, until Ctrl-C or until nobody listens. A database that is away is waited for. */
async function follow(
  store: Store,
  terminal: Terminal,
  query: TraceQuery,
  options: TraceOptions,
): Promise<void> {
  const signal = untilInterrupted()
  let known: ReadonlySet<string> = new Set()
  for (let isAway = false; !signal.aborted;) {
    const begun = performance.now()
    try {
      const steps = await store.trace.find(query)
      for (const step of steps) if (!known.has(keyOf(step))) line(terminal, step, options)
      known = new Set(steps.map(keyOf))
      isAway = false
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StoreUnavailable') throw error
      if (!isAway) terminal.talk('The database does not answer; waiting for it …')
      isAway = true
    }
    const restMs = restAfter(performance.now() - begun)
    await sleep(restMs, undefined, { signal }).catch(() => undefined)
  }
}

/** By what a step is known again; names of mailboxes change. */
function keyOf({ at, kind, queueId, account, details }: TraceStep): string {
  return JSON.stringify([at, kind, queueId, account, details])
}

function line(terminal: Terminal, step: TraceStep, options: TraceOptions): void {
  const { format } = terminal.presentation
  const item = itemOf(terminal, step, 0, options)
  if (!terminal.isTalking) {
    if (format === 'plain' || terminal.presentation.idsOnly)
      return terminal.list(traceStepKind, [item], ['t', 'step', 'what', 'id'])
    return terminal.data(JSON.stringify(item.fields))
  }
  const { step: word, what } = item.fields
  const id = step.queueId ?? '-'.padEnd(26)
  terminal.data(printable(`${localTime(step.at)}  ${words(word).padEnd(8)}  ${id}  ${words(what)}`))
}
