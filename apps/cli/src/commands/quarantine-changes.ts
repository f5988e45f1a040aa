import type { Account, QuarantinedMessage, Store } from '@posthouse/store'
import { confirmYes } from '../ask.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { integer } from '../output/shape.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { parseDuration } from './parse-quantity.ts'
import { findQuarantined, quarantinedKind, quarantineItem } from './quarantine.ts'

/** What `quarantine purge` did. */
const purgeKind = kind('Purge', 'how many messages were erased for good', { erased: integer })

/** What every change may be told. */
interface YesOptions extends ChangeOptions {
  readonly yes?: boolean | undefined
}

/** `posthouse quarantine release ID…`: one after the other; what was done stays done. */
export async function releaseQuarantined(
  ids: readonly string[],
  options: YesOptions & { readonly to?: string | undefined; readonly train?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const messages = await findAll(store, ids)
    const to = options.to === undefined ? undefined : await findAccount(store, options.to)
    const viruses = messages.filter(({ reason }) => reason === 'virus')
    if (viruses.length > 0) {
      const which = viruses.map(({ id }) => id).join(', ')
      const question = `There is a virus in ${which}. Deliver it all the same?`
      await confirmYes(question, options.yes === true || options.dryRun === true, options)
    }
    if (options.dryRun === true) {
      for (const message of messages)
        terminal.talk(`Would deliver ${line(message)} to ${to?.address ?? message.address ?? '?'}`)
      return
    }
    const released: QuarantinedMessage[] = []
    for (const message of messages) {
      if (await release(store, terminal, message, { to, teaches: options.train !== false }))
        released.push(message)
    }
    const items = released.map((message) => quarantineItem(message))
    terminal.list(quarantinedKind, items, ['id', 'for', 'sender', 'subject'])
    if (released.length < messages.length) {
      process.exitCode = released.length > 0 ? exitCodes.partial : exitCodes.failed
    }
    if (released.length > 0) terminal.next(`posthouse trace ${released[0]?.queueId ?? ''}`)
  })
}

/** `posthouse quarantine delete ID…`. */
export async function deleteQuarantined(
  ids: readonly string[],
  options: YesOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const messages = await findAll(store, ids)
    if (options.dryRun === true) {
      for (const message of messages) terminal.talk(`Would erase ${line(message)}`)
      return
    }
    const what = messages.length === 1 ? 'the message' : `${messages.length} messages`
    await confirmYes(`Erase ${what} for good?`, options.yes === true, options)
    const gone = await store.quarantine.delete(
      messages.map(({ id }) => id),
      commandLineActor(),
    )
    const items = messages.filter(({ id }) => gone.includes(id)).map((one) => quarantineItem(one))
    terminal.list(quarantinedKind, items, ['id', 'for', 'sender', 'subject'])
    terminal.talk(`${gone.length} erased.`)
  })
}

/** `posthouse quarantine purge --older TIME`. */
export async function purgeQuarantine(
  options: YesOptions & { readonly older: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const seconds = parseDuration(options.older)
  if (seconds === undefined) {
    const hint = 'write 12h, 7d or 2w'
    throw new CliError('usage', 'quarantine.older', `"${options.older}" is no time`, hint)
  }
  await withStore(options, async (store) => {
    const before = Date.now() - seconds * 1_000
    if (options.dryRun === true) {
      const all = await store.quarantine.list({ limit: 100_000 })
      const due = all.filter(({ keptAt }) => keptAt.getTime() < before).length
      return terminal.talk(`Would erase ${due} messages that are older than ${options.older}`)
    }
    const question = `Erase all that was kept for longer than ${options.older}, for good?`
    await confirmYes(question, options.yes === true, options)
    const erased = await store.quarantine.purge(seconds, commandLineActor())
    terminal.object(purgeKind, { id: 'quarantine', fields: { erased } })
    terminal.talk(`${erased} erased.`)
  })
}

/** All of them, before anything is done to one. */
async function findAll(
  store: Store,
  ids: readonly string[],
): Promise<readonly QuarantinedMessage[]> {
  const messages: QuarantinedMessage[] = []
  for (const id of new Set(ids)) messages.push(await findQuarantined(store, id))
  return messages
}

async function release(
  store: Store,
  terminal: Terminal,
  message: QuarantinedMessage,
  { to, teaches }: { readonly to: Account | undefined; readonly teaches: boolean },
): Promise<boolean> {
  const how = { teaches, ...(to !== undefined && { to: to.id }) }
  const outcome = await store.quarantine.release(message.id, commandLineActor(), how)
  switch (outcome.kind) {
    case 'released':
      terminal.talk(`${line(message)} is in INBOX of ${to?.address ?? message.address ?? '?'}.`)
      return true
    case 'not-found':
      terminal.talk(`${message.id}: somebody was faster.`)
      return false
    case 'gone':
      terminal.talk(`${message.id}: the account is removed; give another one with --to.`)
      return false
  }
}

function line({ id, sender, subject }: QuarantinedMessage): string {
  return printable(`${id} "${subject.slice(0, 60)}" from <${sender}>`)
}
