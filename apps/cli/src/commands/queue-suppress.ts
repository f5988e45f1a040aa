import { parseStoreAddress } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, optional, orNull, string } from '../output/shape.ts'
import { printable } from '../output/table.ts'
import { withStore } from '../with-store.ts'
import { untilOf } from './queue-pauses.ts'

/** A suppressed address; `since` and `by` in the list. */
const suppressionKind = kind('Suppression', 'an address that nothing is sent to', {
  address: string,
  until: orNull(dateTime),
  because: string,
  since: optional(dateTime),
  by: optional(string),
})

/** What `queue suppress remove` did. */
const suppressionRemovalKind = kind('SuppressionRemoval', 'an address that mail is sent to again', {
  address: string,
})

/** `posthouse queue suppress list`. */
export async function listSuppressed(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const list = await store.suppressions.list()
    const items = list.map(({ address, because, by, since, until }) => ({
      id: address,
      fields: {
        address,
        since: since.toISOString(),
        until: until?.toISOString() ?? null,
        by,
        because,
      },
    }))
    terminal.list(suppressionKind, items, ['address', 'since', 'until', 'by', 'because'])
    if (list.length === 0) return terminal.talk('No address is suppressed.')
    terminal.next(`posthouse queue suppress remove ${list[0]?.address ?? ''}`)
  })
}

/** `posthouse queue suppress add ADDRESS`. */
export async function addSuppressed(
  address: string,
  options: ChangeOptions & {
    readonly for?: string | undefined
    readonly because?: string | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  if (parseStoreAddress(address) === undefined)
    throw new CliError('usage', 'usage.address', `"${address}" is not a mail address`)
  const until = untilOf(options.for)
  const because = options.because ?? 'whoever runs this mail server suppressed it'
  const end = until === undefined ? 'until it is removed' : `until ${until.toISOString()}`
  if (options.dryRun === true)
    return terminal.talk(printable(`Would suppress ${address} ${end}: ${because}`))
  await withStore(options, async (store) => {
    await store.suppressions.add(address, { because, until }, commandLineActor())
    const fields = { address, until: until?.toISOString() ?? null, because }
    terminal.object(suppressionKind, { id: address, fields })
    terminal.talk(printable(`Mail for ${address} comes back at once ${end}.`))
    terminal.next(`posthouse queue suppress remove ${address}`)
  })
}

/** `posthouse queue suppress remove ADDRESS`. */
export async function removeSuppressed(address: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const [found] = await store.suppressions.find([address])
    if (found === undefined) {
      const hint = 'posthouse queue suppress list'
      throw new CliError('notFound', 'suppression.not_found', `${address} is not suppressed`, hint)
    }
    if (options.dryRun === true)
      return terminal.talk(printable(`Would send to ${address} again (${found.because}).`))
    await store.suppressions.remove(address, commandLineActor())
    terminal.object(suppressionRemovalKind, {
      id: found.address,
      fields: { address: found.address },
    })
    terminal.talk(printable(`Mail for ${found.address} goes out again.`))
    terminal.next('posthouse queue suppress list')
  })
}
