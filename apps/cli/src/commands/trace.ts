import type { Store, TraceQuery, TraceStep, TraceSubject } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { parseMoment } from './parse-quantity.ts'
import { stepFields } from './trace-step.ts'

/** More than anybody reads. */
const mostSteps = 100_000

/** Which steps are shown. */
export interface TraceOptions extends CommonOptions {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly limit: string
}

/** `posthouse trace ADDRESS|MESSAGE-ID|QUEUE-ID`: what happened to a message, or at an address. */
export async function showTrace(what: string, options: TraceOptions): Promise<void> {
  const terminal = terminalOf(options)
  const bounds = boundsOf(options)
  await withStore(options, async (store) => {
    const steps = await findSteps(store, what, bounds)
    if (steps.length === 0) {
      const hint = 'say --since 7d to look further back; steps are kept for 30 days'
      throw new CliError('notFound', 'trace.not_found', `Nothing is known of ${what}`, hint)
    }
    const items = steps.map((step, i) => ({
      id: step.queueId ?? String(i + 1),
      fields: stepFields(step),
    }))
    terminal.list('TraceStepList', items, ['t', 'step', 'what', 'id'])
  })
}

/** What has an `@` may be an address, or a Message-ID without its brackets. */
async function findSteps(
  store: Store,
  what: string,
  bounds: Omit<TraceQuery, 'subject'>,
): Promise<readonly TraceStep[]> {
  const subject = subjectOf(what)
  const steps = await store.trace.find({ subject, ...bounds })
  if (steps.length > 0 || subject.by !== 'address') return steps
  return store.trace.find({ subject: { by: 'message-id', id: `<${what}>` }, ...bounds })
}

function subjectOf(what: string): TraceSubject {
  if (what.startsWith('<') && what.endsWith('>')) return { by: 'message-id', id: what }
  if (what.includes('@')) return { by: 'address', address: what }
  if (/^[0-9A-Za-z]{26}$|^[0-9a-fA-F-]{36}$/.test(what)) return { by: 'queue-id', id: what }
  const hint = 'an address, a Message-ID in <>, or the 26 characters of a queue id'
  throw new CliError('usage', 'trace.subject', `"${what}" is nothing that can be traced`, hint)
}

function boundsOf({ since, until, limit }: TraceOptions): Omit<TraceQuery, 'subject'> {
  const count = /^\d{1,6}$/.test(limit) ? Number(limit) : 0
  if (count < 1 || count > mostSteps) {
    throw new CliError(
      'usage',
      'trace.limit',
      `"${limit}" is no number of steps`,
      `1 to ${mostSteps}`,
    )
  }
  return {
    limit: count,
    ...(since !== undefined && { since: momentOf(since) }),
    ...(until !== undefined && { until: momentOf(until) }),
  }
}

function momentOf(text: string): Date {
  const moment = parseMoment(text, new Date())
  if (moment !== undefined) return moment
  throw new CliError('usage', 'trace.time', `"${text}" is no time`, 'write 12h, 3d or 2030-12-31')
}
