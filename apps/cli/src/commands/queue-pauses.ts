import type { QueuePause } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, optional, orNull, string } from '../output/shape.ts'
import { printable } from '../output/table.ts'
import { withStore } from '../with-store.ts'
import { parseFuture } from './parse-quantity.ts'
import { resumeProvider } from './queue-provider.ts'

/** A pause; `since` and `by` in the list. `destination` null: everything. */
const pauseKind = kind('QueuePause', 'a destination that nothing is sent to for now', {
  destination: orNull(string),
  until: orNull(dateTime),
  because: string,
  since: optional(dateTime),
  by: optional(string),
})

/** What `queue resume` did. */
export const resumeKind = kind(
  'QueueResume',
  'a destination, or a provider, that mail goes to again',
  {
    destination: optional(orNull(string)),
    provider: optional(string),
  },
)

/** What a pause is told. */
interface PauseOptions extends ChangeOptions {
  readonly domain?: string | undefined
  readonly for?: string | undefined
  readonly because?: string | undefined
}

/** `posthouse queue pause`. */
export async function pauseQueue(options: PauseOptions): Promise<void> {
  const terminal = terminalOf(options)
  const { domain } = options
  const until = untilOf(options.for)
  const what = domain ?? 'everything'
  const by = commandLineActor()
  const because = options.because ?? `${by.user} said so`
  const end = until === undefined ? 'until it is resumed' : `until ${until.toISOString()}`
  if (options.dryRun === true) return terminal.talk(printable(`Would pause ${what} ${end}.`))
  await withStore(options, async (store) => {
    await store.queue.pause(domain, { because, until }, by)
    const fields = { destination: domain ?? null, until: until?.toISOString() ?? null, because }
    terminal.object(pauseKind, { id: domain ?? '*', fields })
    terminal.talk(printable(`Nothing new goes to ${what} ${end}; what is being sent is sent.`))
    terminal.next(`posthouse queue resume${domain === undefined ? '' : ` --domain ${domain}`}`)
  })
}

/** `posthouse queue resume`. */
export async function resumeQueue(
  options: ChangeOptions & {
    readonly domain?: string | undefined
    readonly provider?: string | undefined
  },
): Promise<void> {
  if (options.provider !== undefined) return await resumeProvider(options.provider, options)
  const terminal = terminalOf(options)
  const { domain } = options
  const what = domain ?? 'everything'
  await withStore(options, async (store) => {
    const pauses = await store.queue.pauses()
    const name = domain?.toLowerCase()
    if (!pauses.some(({ destination }) => destination === name)) {
      const others = pauses.map(({ destination }) => destination ?? 'everything').join(', ')
      const hint = others === '' ? 'nothing is paused' : `paused are: ${others}`
      const message =
        domain === undefined ? 'The whole queue is not paused' : `${what} is not paused`
      throw new CliError('notFound', 'queue.not_paused', message, hint)
    }
    if (options.dryRun === true) return terminal.talk(printable(`Would resume ${what}.`))
    await store.queue.resume(domain, commandLineActor())
    terminal.object(resumeKind, { id: domain ?? '*', fields: { destination: domain ?? null } })
    terminal.talk(printable(`Mail for ${what} goes out again.`))
    const left = pauses.length - 1
    if (left > 0)
      terminal.talk(`${left} other pause${left === 1 ? '' : 's'}: posthouse queue pauses`)
    terminal.next(`posthouse queue list${domain === undefined ? '' : ` --domain ${domain}`}`)
  })
}

/** `posthouse queue pauses`. */
export async function listPauses(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const pauses = await store.queue.pauses()
    const items = pauses.map(({ destination, since, until, by, because }) => ({
      id: destination ?? '*',
      fields: {
        destination: destination ?? 'everything',
        since: since.toISOString(),
        until: until?.toISOString() ?? null,
        by,
        because,
      },
    }))
    terminal.list(pauseKind, items, ['destination', 'since', 'until', 'by', 'because'])
    if (pauses.length === 0) return terminal.talk('Nothing is paused.')
    const first = pauses.find(({ destination }) => destination !== undefined)?.destination
    terminal.next(`posthouse queue resume${first === undefined ? '' : ` --domain ${first}`}`)
  })
}

/** `Paused: example.org until …, by ada: …`. */
export function pauseLine({ destination, until, by, because }: QueuePause): string {
  const end = until === undefined ? '' : ` until ${until.toISOString()}`
  return printable(`Paused: ${destination ?? 'everything'}${end}, by ${by}: ${because}`)
}

/** A moment to come; undefined where none is given. */
export function untilOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const until = parseFuture(text, new Date())
  if (until !== undefined) return until
  const hint = 'write 30m, 2h, 7d or 2030-12-31'
  throw new CliError('usage', 'queue.for', `"${text}" is no time to come`, hint)
}
