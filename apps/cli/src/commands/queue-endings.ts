import { confirmByName, confirmYes } from '../ask.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import type { ChangeOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { stopOnInterrupt } from '../interruption.ts'
import { Progress } from '../output/progress.ts'
import {
  change,
  tellActive,
  tellChange,
  type Meant,
  type QueueChangeOptions,
} from './queue-changes.ts'
import { countText } from './queue-item.ts'

/** The options of what cannot be undone. */
interface EndingOptions extends QueueChangeOptions {
  readonly yes?: boolean | undefined
  readonly confirm?: string | undefined
}

/** Long enough to write a thousand reports. */
const leaseSeconds = 600

/** `posthouse queue drop`. */
export function dropQueue(ids: readonly string[], options: EndingOptions): Promise<void> {
  return change('drop', ids, options, async (meant) => {
    const { store, terminal, filter } = meant
    await confirm(meant, options, 'Drop', 'Nobody will be told.')
    const count = await store.queue.drop(filter, commandLineActor())
    tellChange(terminal, count, 'is dropped', 'are dropped')
    tellActive(meant, count)
    terminal.next('posthouse queue list')
  })
}

/** `posthouse queue fail`: by this process itself, whether or not a worker runs. */
export function failQueue(ids: readonly string[], options: EndingOptions): Promise<void> {
  return change('fail', ids, options, async (meant) => {
    const { terminal } = meant
    await confirm(meant, options, 'Fail', 'Their senders get a report.')
    const words = options.because ?? 'it is not to be delivered'
    const { hostname } = configOf(options)
    const signal = stopOnInterrupt(terminal)
    const { recorded, lost } = await failAll(meant, hostname, words, signal)
    tellChange(terminal, recorded, 'has failed', 'have failed')
    tellActive(meant, recorded)
    if (lost > 0) {
      terminal.talk(`${countText(lost, 'recipient')} taken by a worker meanwhile.`)
      process.exitCode = recorded > 0 ? exitCodes.partial : exitCodes.failed
    }
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted
      return terminal.talk('Stopped; the same command goes on with the rest.')
    }
    const [first] = meant.items
    terminal.next(first === undefined ? 'posthouse queue list' : `posthouse trace ${first.queueId}`)
  })
}

/** A thousand messages at a time. */
async function failAll(
  { store, terminal, filter, items }: Meant,
  hostname: string,
  because: string,
  signal: AbortSignal,
): Promise<{ readonly recorded: number; readonly lost: number }> {
  const { failClaim } = await import('@posthouse/delivery')
  const by = commandLineActor()
  const object = filter.queueIds?.length === 1 ? (filter.queueIds[0] ?? '') : 'queue'
  const details = { filter, because, recipients: items.length }
  await store.audit.write(by, 'queue.failed', object, details)
  const progress = new Progress(terminal)
  let recorded = 0
  let lost = 0
  for (;;) {
    const claim = await store.queue.take(filter, { worker: 'posthouse queue fail', leaseSeconds })
    if (claim.messages.length === 0) break
    const result = await failClaim({ store, hostname, claim, leaseSeconds, because })
    recorded += result.recorded
    lost += result.lost.length
    progress.tell(`${recorded} of ${items.length} recipients`, { recorded, of: items.length })
    if (result.recorded === 0 || signal.aborted) break
  }
  progress.end()
  return { recorded, lost }
}

/** `posthouse queue redirect ID ADDRESS`. */
export function redirectQueue(
  id: string,
  address: string,
  options: ChangeOptions & { readonly to?: string | undefined; readonly yes?: boolean | undefined },
): Promise<void> {
  return change('redirect', [id], options, async (meant) => {
    const { store, terminal, filter, items } = meant
    const { kind } = await store.resolve(address)
    if (kind !== 'foreign' || /[<>\s]/.test(address)) {
      const why =
        kind === 'foreign' ? 'is not a mail address' : 'is not an address of another server'
      throw new CliError('usage', 'queue.redirect', `"${address}" ${why}`)
    }
    if (items.length > 1) {
      const hint = `choose one with --to: ${items.map((item) => item.address).join(', ')}`
      throw new CliError('usage', 'queue.redirect_many', 'The message has several recipients', hint)
    }
    const from = items[0]?.address ?? ''
    const isSure = options.yes === true
    await confirmYes(`Send what was meant for ${from} to ${address}?`, isSure, options)
    const count = await store.queue.redirect(filter, address, commandLineActor())
    tellChange(terminal, count, `goes to ${address}`, `go to ${address}`)
    if (count === 0) throw new CliError('conflict', 'queue.active', `${id} is being sent just now`)
    terminal.next(`posthouse queue show ${id}`)
  })
}

/** Everything there is wants to be named; the rest a yes. */
async function confirm(
  { items }: Meant,
  options: EndingOptions,
  verb: string,
  what: string,
): Promise<void> {
  const count = countText(items.length, 'recipient')
  if (options.all === true) {
    const warning = `${verb} the whole queue, ${count}? ${what}`
    return confirmByName({ warning, name: 'queue', given: options.confirm }, options)
  }
  await confirmYes(`${verb} ${count}? ${what}`, options.yes === true, options)
}
