import type { PaceRecord } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { printable } from '../output/table.ts'
import { withStore } from '../with-store.ts'
import { resumeKind } from './queue-pauses.ts'

/** `posthouse queue resume --provider`: what it complained of is forgotten, and what waited for it is due. */
export async function resumeProvider(name: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  const provider = name.toLowerCase()
  await withStore(options, async (store) => {
    const known = (await store.pace.list()).filter((each) => each.provider === provider)
    if (!known.some(isSlowed)) {
      const hint = 'posthouse queue stats --by provider'
      const message = known.length === 0 ? 'No such provider is known' : 'It is asked as it is'
      throw new CliError('notFound', 'queue.provider_not_suspended', `${name}: ${message}`, hint)
    }
    if (options.dryRun === true) return terminal.talk(printable(`Would ask ${provider} again.`))
    await store.pace.resume(provider, commandLineActor())
    terminal.object(resumeKind, { id: provider, fields: { provider } })
    terminal.talk(
      printable(`Mail for ${provider} goes out again; if it refuses, it is left alone again.`),
    )
    terminal.next('posthouse queue stats --by provider')
  })
}

function isSlowed({ suspendedUntil, rate, isResigned }: PaceRecord): boolean {
  return suspendedUntil !== undefined || rate !== undefined || isResigned
}
