import type { AccountRename } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { accountItem, accountKind } from './account.ts'
import { findAccount } from './find-account.ts'
import { foreignDomain, inDomainAlias } from './foreign-domain.ts'
import { tellOfLastResort } from './last-resort.ts'

type RenameOptions = ChangeOptions & {
  readonly keepAlias?: boolean | undefined
  readonly yes?: boolean | undefined
}

/** `posthouse account rename ADDRESS NEW [--keep-alias]`. */
export async function renameAccount(
  address: string,
  to: string,
  options: RenameOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const keepsAlias = options.keepAlias === true
  await withStore(options, async (store) => {
    const { address: from } = await findAccount(store, address)
    const rename = (isRehearsal: boolean): Promise<AccountRename> =>
      store.accounts.rename(from, to, commandLineActor(), { keepsAlias, isRehearsal })
    // Whoever is asked whether to go on may rely on it that it can be done.
    refuse(await rename(true), address, to)
    if (options.dryRun === true) return terminal.talk(`Would give ${from} the address ${to}`)
    const { confirmYes } = await import('../ask.ts')
    const question = `Give ${from} the address ${to}? Its owner then signs in as ${to}.`
    await confirmYes(question, options.yes === true, options)
    refuse(await rename(false), address, to)
    const account = await findAccount(store, to)
    terminal.object(accountKind, accountItem(account))
    terminal.talk(`${from} is ${account.address} now, and signs in as that; its sessions end.`)
    if (keepsAlias) terminal.talk(`Mail for ${from} still comes to it.`)
    else await tellOfOld(store, terminal, from)
    terminal.next(`posthouse alias resolve ${from}`, `posthouse alias resolve ${account.address}`)
  })
}

async function tellOfOld(...about: Parameters<typeof tellOfLastResort>): Promise<void> {
  const [store, terminal, from] = about
  const { kind } = await store.resolve(from)
  if (kind === 'unknown') terminal.talk(`Mail for ${from} is refused.`)
  else await tellOfLastResort(store, terminal, from)
}

function refuse(outcome: AccountRename, from: string, to: string): void {
  switch (outcome) {
    case 'done':
      return
    case 'not-found':
      throw new CliError(
        'notFound',
        'account.not_found',
        `There is no account ${from}`,
        'posthouse account list',
      )
    case 'malformed':
      throw new CliError('usage', 'account.malformed', `"${to}" is not a mail address`)
    case 'exists':
      throw new CliError(
        'conflict',
        'account.exists',
        `${to} is taken already`,
        `posthouse alias resolve ${to}`,
      )
    case 'unknown-domain':
      throw foreignDomain(to)
    case 'domain-alias':
      throw inDomainAlias(to)
  }
}
