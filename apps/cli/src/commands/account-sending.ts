import { suspicionsOf, type Account, type Containment, type SendingSigns } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import {
  boolean,
  dateTime,
  integer,
  listOf,
  oneOf,
  orNull,
  string,
  stringOrNumber,
} from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

/** What `account sending` lists. */
const containedKind = kind('ContainedAccount', 'an account that is stopped from sending', {
  address: string,
  since: dateTime,
  because: string,
})

/** What `account sending ADDRESS` shows. */
const sendingKind = kind('AccountSending', 'what an account sent today, and what stands out', {
  address: string,
  messages: integer,
  mostMessages: stringOrNumber,
  newRecipients: integer,
  mostNewRecipients: stringOrNumber,
  ended: integer,
  bounced: integer,
  newNetworks: integer,
  standsOut: listOf(string),
  contained: orNull(dateTime),
  because: orNull(string),
})

/** What `account contain` did. */
const containmentKind = kind('Containment', 'an account that sends nothing more', {
  address: string,
  because: string,
  changed: boolean,
})

/** What `account release` did. */
const releasedKind = kind('ReleasedAccount', 'an account that may send again', {
  address: string,
  mail: oneOf('deliver', 'purge'),
  recipients: integer,
})

/** `posthouse account sending`: accounts that are stopped. */
export async function listContained(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const contained = await store.sending.contained()
    const items = contained.map(({ address, since, because }) => ({
      id: address,
      fields: { address, since: since.toISOString(), because },
    }))
    terminal.list(containedKind, items, ['address', 'since', 'because'])
    const [first] = contained
    if (first === undefined) return terminal.talk('No account is stopped from sending.')
    terminal.next(`posthouse queue list --account ${first.address}`)
  })
}

/** `posthouse account sending ADDRESS`: what it sent today, what stands out, and whether it is stopped. */
export async function showSending(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const [signs, contained] = await Promise.all([
      store.sending.signs(account.id),
      store.sending.contained(),
    ])
    const containment = contained.find((one) => one.account === account.id)
    terminal.show(sendingKind, itemOf(account, signs, containment))
    if (containment === undefined) return
    terminal.talk(`${account.address} is stopped: ${containment.because}.`)
    terminal.next(`posthouse account release ${account.address}   (or with --purge)`)
  })
}

/** `posthouse account contain ADDRESS --because TEXT`. */
export async function containAccount(
  address: string,
  options: ChangeOptions & { readonly because?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const because = options.because ?? 'an operator stopped it'
    if (options.dryRun === true)
      return terminal.talk(`Would stop ${account.address} from sending, and hold its mail`)
    const isDone = await store.sending.contain(account.id, because, commandLineActor())
    terminal.object(containmentKind, {
      id: account.address,
      fields: { address: account.address, because, changed: isDone },
    })
    terminal.talk(
      isDone
        ? `${account.address} sends nothing more: its mail in the queue is held, its sessions end. It still receives mail.`
        : `${account.address} was stopped already.`,
    )
    terminal.next(`posthouse account release ${account.address}   (or with --purge)`)
  })
}

/** `posthouse account release ADDRESS [--purge]`. */
export async function releaseAccount(
  address: string,
  options: ChangeOptions & { readonly purge?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const mail = options.purge === true ? 'purge' : 'deliver'
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    if (!(await store.sending.isContained(account.id))) throw notContained(account)
    const what = mail === 'purge' ? 'delete its mail in the queue' : 'send what is held of it'
    if (options.dryRun === true)
      return terminal.talk(`Would let ${account.address} send again, and ${what}`)
    const outcome = await store.sending.release(account.id, mail, commandLineActor())
    if (outcome === 'not-contained') throw notContained(account)
    const { recipients } = outcome
    terminal.object(releasedKind, {
      id: account.address,
      fields: { address: account.address, mail, recipients },
    })
    const done = mail === 'purge' ? 'deleted' : 'on their way'
    terminal.talk(
      `${account.address} may send again; messages to ${recipients} recipients ${done}.`,
    )
    terminal.next(`posthouse account sending ${account.address}`)
  })
}

function itemOf({ address }: Account, signs: SendingSigns, containment: Containment | undefined) {
  const { today, ended, bounced, newNetworks } = signs
  return {
    id: address,
    fields: {
      address,
      messages: today.messages,
      mostMessages: shown(today.mostMessages),
      newRecipients: today.newRecipients,
      mostNewRecipients: shown(today.mostNewRecipients),
      ended,
      bounced,
      newNetworks,
      standsOut: suspicionsOf(signs).map(({ says }) => says),
      contained: containment?.since.toISOString() ?? null,
      because: containment?.because ?? null,
    },
  }
}

/** The largest number that the store counts to stands for no limit. */
function shown(most: number): number | 'unlimited' {
  return most >= 2_000_000_000 ? 'unlimited' : most
}

function notContained({ address }: Account): CliError {
  const hint = 'posthouse account sending'
  return new CliError('conflict', 'account.not_contained', `${address} is not stopped`, hint)
}
