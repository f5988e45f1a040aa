import type { Forward, ForwardedTo, ForwardRefusal, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import {
  boolean,
  dateTime,
  integer,
  listOf,
  object,
  oneOf,
  orNull,
  string,
} from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

const targetShape = object({
  target: string,
  state: string,
  sent: orNull(integer),
  deferred: orNull(integer),
  bounced: orNull(integer),
  waiting: orNull(integer),
  last: orNull(dateTime),
  answer: orNull(string),
})

/** What is passed on. */
const forwardKind = kind('Forward', 'where the mail of an address goes on to, and how that goes', {
  address: string,
  of: oneOf('account', 'alias'),
  keepsCopy: boolean,
  set: dateTime,
  targets: listOf(targetShape),
})

/** `posthouse forward set ACCOUNT TARGET…`. */
export async function setForward(
  account: string,
  targets: readonly string[],
  options: ChangeOptions & { readonly keepCopy?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const keepsCopy = options.keepCopy === true
  await withStore(options, async (store) => {
    const { address } = await findAccount(store, account)
    const where = `to ${targets.join(', ')}${keepsCopy ? ', and stays here, too' : ''}`
    if (options.dryRun === true) return terminal.talk(`Mail for ${address} would go on ${where}`)
    const set = await store.forwards.set(address, { targets, keepsCopy }, commandLineActor())
    if (!set.ok) throw refused(account, set)
    show(terminal, await find(store, address))
    terminal.talk(`Mail for ${address} goes on ${where}. Spam stays in its Junk.`)
    terminal.next(
      `posthouse send-test postmaster@${address.slice(address.lastIndexOf('@') + 1)} --to ${address}`,
      `posthouse forward show ${address}`,
    )
  })
}

/** `posthouse forward show ADDRESS`. */
export async function showForward(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const forward = await find(store, address)
    show(terminal, forward)
    const copy = forward.keepsCopy ? 'and stays here, too' : 'and does not stay here'
    terminal.talk(
      forward.kind === 'alias'
        ? `${forward.address} is an alias.`
        : `Mail for ${forward.address} goes on ${copy}.`,
    )
    for (const target of forward.targets) tellOfTrouble(terminal, forward, target)
  })
}

/** `posthouse forward clear ACCOUNT`. */
export async function clearForward(account: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const { address } = await findAccount(store, account)
    const forward = await find(store, address)
    const targets = forward.targets.map((one) => one.address).join(', ')
    if (options.dryRun === true) {
      return terminal.talk(`Would no longer pass on the mail of ${address} to ${targets}`)
    }
    await store.forwards.clear(address, commandLineActor())
    terminal.object(forwardKind, itemOf(forward))
    terminal.talk(`Mail for ${address} stays here; it went on to ${targets}.`)
    terminal.next(`posthouse forward set ${address} TARGET`)
  })
}

/** `posthouse forward resume ADDRESS [TARGET]`. */
export async function resumeForward(
  address: string,
  target: string | undefined,
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const forward = await find(store, address)
    const wanted = target ?? 'all its targets'
    if (options.dryRun === true) {
      return terminal.talk(`Would forget what ${wanted} refused of ${forward.address}`)
    }
    const resumed = await store.forwards.resume(forward.address, target, commandLineActor())
    if (resumed.length === 0) {
      throw new CliError(
        'notFound',
        'forward.no_target',
        `${forward.address} passes nothing on to ${target ?? 'another host'}`,
        `posthouse forward show ${forward.address}`,
      )
    }
    show(terminal, await find(store, forward.address))
    terminal.talk(`Mail goes on to ${resumed.join(', ')} again.`)
    terminal.next(`posthouse forward show ${forward.address}`)
  })
}

async function find(store: Store, address: string): Promise<Forward> {
  const forward = await store.forwards.show(address)
  if (forward !== undefined) return forward
  const hint = `posthouse forward set ${address} TARGET`
  throw new CliError('notFound', 'forward.not_found', `${address} passes nothing on`, hint)
}

/** A row for each target. */
function show(terminal: Terminal, forward: Forward): void {
  if (!terminal.isTalking) {
    return terminal.object(forwardKind, itemOf(forward))
  }
  const columns = ['target', 'state', 'sent', 'deferred', 'bounced', 'last', 'answer']
  terminal.table(forward.targets.map(fieldsOf), columns)
}

function itemOf(forward: Forward): ItemOf<typeof forwardKind> {
  const { address, kind: of, keepsCopy, setAt, targets } = forward
  return {
    id: address,
    fields: {
      address,
      of,
      keepsCopy,
      set: setAt.toISOString(),
      targets: targets.map(fieldsOf),
    },
  }
}

/** Of the last week, in which the queue keeps what is finished. */
function fieldsOf({ address, health }: ForwardedTo): NonNullable<(typeof targetShape)['type']> {
  return {
    target: address,
    state: health?.state ?? 'here',
    sent: health?.sent ?? null,
    deferred: health?.deferred ?? null,
    bounced: health?.bounced ?? null,
    waiting: health?.waiting ?? null,
    last: health?.lastAt?.toISOString() ?? null,
    answer: health?.lastAnswer ?? null,
  }
}

function tellOfTrouble(
  terminal: Terminal,
  forward: Forward,
  { address, health }: ForwardedTo,
): void {
  if (health === undefined || health.state === 'well') return
  const meanwhile =
    forward.kind === 'account'
      ? 'its mail stays in the mailbox'
      : 'where nobody else is behind the alias, senders are told to try again later'
  terminal.talk(
    health.state === 'paused'
      ? `${address} refuses everything, so that nothing goes there for now: ${meanwhile}. One message an hour tries it.`
      : `${address} refused everything of late; the next message tries it.`,
  )
  terminal.next(`posthouse forward resume ${forward.address} ${address}`)
}

function refused(account: string, refusal: ForwardRefusal): CliError {
  switch (refusal.reason) {
    case 'not-found':
      return new CliError('notFound', 'account.not_found', `There is no account ${account}`)
    case 'no-targets':
      return new CliError('usage', 'forward.no_targets', 'A forward needs a target')
    case 'too-many':
      return new CliError(
        'usage',
        'forward.too_many',
        'An account may have ten targets',
        `posthouse alias add ADDRESS TARGET…   (an alias may have 1,000)`,
      )
    case 'malformed-target':
      return new CliError(
        'usage',
        'forward.malformed_target',
        `"${refusal.target}" is not a mail address`,
      )
    case 'self':
      return new CliError(
        'usage',
        'forward.self',
        `${refusal.target} would lead to itself`,
        'say --keep-copy to keep mail in the mailbox, too',
      )
  }
}
