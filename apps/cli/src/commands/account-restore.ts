import { uuidToBase32 } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, integer, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { foreignDomain, inDomainAlias } from './foreign-domain.ts'

/** What `account list --removed` shows. */
const removedKind = kind('RemovedAccount', 'an account that was removed and can be restored', {
  id: string,
  address: string,
  removed: dateTime,
  mailboxes: integer,
})

/** What `account restore` did. */
const restoredKind = kind('RestoredAccount', 'an account that is back with its mail', {
  address: string,
})

/** `posthouse account list --removed`. */
export async function listRemovedAccounts(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const removed = await store.accounts.removed()
    const items = removed.map(({ id, address, removedAt, mailboxes }) => ({
      id: address,
      fields: { id: uuidToBase32(id), address, removed: removedAt.toISOString(), mailboxes },
    }))
    terminal.list(removedKind, items, ['address', 'removed', 'mailboxes'])
    if (removed.length === 0) terminal.talk('No removed account can be restored.')
  })
}

/** `posthouse account restore ADDRESS`. */
export async function restoreAccount(address: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    if (options.dryRun === true) return terminal.talk(`Would restore the account ${address}`)
    const outcome = await store.accounts.restore(address, commandLineActor())
    if (outcome === 'unknown-domain') throw foreignDomain(address)
    if (outcome === 'domain-alias') throw inDomainAlias(address)
    if (outcome === 'exists')
      throw new CliError('conflict', 'account.exists', `${address} is somebody else's now`)
    if (outcome === 'not-found')
      throw new CliError(
        'notFound',
        'account.not_found',
        `No removed account had the address ${address} within the last 30 days`,
        'posthouse account list --removed',
      )
    terminal.object(restoredKind, { id: address, fields: { address } })
    terminal.talk(`The account ${address} is back with its mail; its passwords are as they were.`)
    terminal.next(`posthouse quota show ${address}`)
  })
}
