import { uuidToBase32, type Account, type AccountRefusal, type Store } from '@posthouse/store'
import type { PasswordOptions } from '../ask.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { boolean, dateTime, optional, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { foreignDomain, inDomainAlias } from './foreign-domain.ts'

/** An account; its password stands in it once, when it was made here. */
export const accountKind = kind('Account', 'a mailbox and its login', {
  id: string,
  address: string,
  name: orNull(string),
  enabled: boolean,
  receives: boolean,
  hasPassword: boolean,
  created: dateTime,
  password: optional(string),
})

/** `posthouse account add ADDRESS`. */
export async function addAccount(
  address: string,
  options: ChangeOptions & PasswordOptions & { readonly name?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const name = options.name === undefined ? {} : { name: options.name }
    // Nobody is asked for a password of an account that cannot be.
    const how = { isRehearsal: true }
    const could = await store.accounts.create({ address, ...name }, commandLineActor(), how)
    if (!could.ok) throw refused(address, could.reason)
    if (options.dryRun === true) return terminal.talk(`Would add the account ${address}`)
    const { choosePassword } = await import('../ask.ts')
    const { password, isGenerated } = await choosePassword(options)
    const made = await store.accounts.create({ address, password, ...name }, commandLineActor())
    if (!made.ok) throw refused(address, made.reason)
    const { account } = made
    const secret = isGenerated ? { password: password.reveal() } : {}
    terminal.object(accountKind, accountItem(account, secret))
    terminal.talk(`The mailbox ${account.address} is there.`)
    tellPassword(terminal, isGenerated ? password.reveal() : undefined)
    terminal.next(`posthouse send-test postmaster@${domainOf(account)} --to ${account.address}`)
  })
}

/** `posthouse account list`. */
export async function listAccounts(
  options: CommonOptions & { readonly domain?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const filter = options.domain === undefined ? {} : { domain: options.domain }
  await withStore(options, async (store) => {
    const accounts = await store.accounts.list(filter)
    const columns = ['address', 'name', 'enabled', 'created'] as const
    terminal.list(
      accountKind,
      accounts.map((account) => accountItem(account)),
      columns,
    )
    if (accounts.length === 0) {
      terminal.talk('There are no accounts yet.')
      terminal.next('posthouse account add you@example.org --generate')
    }
  })
}

/** `posthouse account passwd ADDRESS`. */
export async function setPassword(
  address: string,
  options: ChangeOptions & PasswordOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    if (options.dryRun === true)
      return terminal.talk(`Would set another password for ${account.address}`)
    const { choosePassword } = await import('../ask.ts')
    const { password, isGenerated } = await choosePassword(options)
    const outcome = await store.accounts.setPassword(account.address, password, commandLineActor())
    if (outcome === 'not-found') throw notFound(address)
    if (outcome === 'weak') throw refused(address, 'weak')
    const secret = isGenerated ? { password: password.reveal() } : {}
    terminal.object(accountKind, accountItem(account, secret))
    terminal.talk(`${account.address} has another password; its sessions end.`)
    tellPassword(terminal, isGenerated ? password.reveal() : undefined)
    terminal.next('posthouse status')
  })
}

/** `posthouse account disable ADDRESS`, `enable`. */
export async function switchAccount(
  address: string,
  isEnabled: boolean,
  options: ChangeOptions & { readonly keepReceiving?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const keepsReceiving = !isEnabled && options.keepReceiving === true
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const verb = isEnabled ? 'enable' : 'disable'
    if (options.dryRun === true)
      return terminal.talk(`Would ${verb} the account ${account.address}`)
    const { accounts } = store
    const how = { keepsReceiving }
    const outcome = await accounts.setEnabled(account.address, isEnabled, commandLineActor(), how)
    if (outcome === 'not-found') throw notFound(address)
    terminal.object(
      accountKind,
      accountItem({ ...account, isDisabled: !isEnabled, keepsReceiving }),
    )
    const mail = keepsReceiving ? 'mail for it is still taken' : 'mail to it is refused'
    terminal.talk(
      isEnabled
        ? `${account.address} may sign in and gets mail again.`
        : `${account.address} may not sign in, and ${mail}; its sessions end.`,
    )
    if (isEnabled && account.isDomainDisabled) {
      terminal.talk('Not before its domain is enabled, though.')
      return terminal.next(`posthouse domain enable ${domainOf(account)}`)
    }
    terminal.next(`posthouse account ${isEnabled ? 'list' : `enable ${account.address}`}`)
  })
}

/** `posthouse account remove ADDRESS`. */
export async function removeAccount(
  address: string,
  options: ChangeOptions & { readonly confirm?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    if (options.dryRun === true)
      return terminal.talk(`Would remove the account ${account.address} with all its mail`)
    const warning = `${account.address} and all its mail will be removed.`
    const { confirmByName } = await import('../ask.ts')
    await confirmByName({ warning, name: account.address, given: options.confirm }, options)
    const outcome = await store.accounts.remove(account.address, commandLineActor())
    if (outcome === 'not-found') throw notFound(address)
    terminal.object(accountKind, accountItem(account))
    terminal.talk(`The account ${account.address} is removed; its sessions end.`)
    terminal.talk(
      'For 30 days it can be brought back with its mail; until then mail for it is refused.',
    )
    await tellOfLater(store, terminal, account)
    terminal.next(`posthouse account restore ${account.address}`)
  })
}

/** Nobody else gets its mail while it may come back. */
async function tellOfLater(store: Store, terminal: Terminal, account: Account): Promise<void> {
  const { catchAll } = (await store.domains.show(domainOf(account))) ?? {}
  if (catchAll === undefined) return
  terminal.talk(`After that it goes to ${catchAll.address}, which gets what nobody has.`)
}

/** An account as commands print it. */
export function accountItem(
  account: Account,
  more: { readonly password?: string } = {},
): ItemOf<typeof accountKind> {
  const { address, name, isDisabled, isDomainDisabled, keepsReceiving, hasPassword } = account
  const id = uuidToBase32(account.id)
  const created = account.createdAt.toISOString()
  const enabled = !isDisabled && !isDomainDisabled
  const receives = enabled || (keepsReceiving && !isDomainDisabled)
  return {
    id: address,
    fields: { id, address, name, enabled, receives, hasPassword, created, ...more },
  }
}

/** Once, and to people only where they look: programs find it in the object. */
function tellPassword(terminal: Terminal, password: string | undefined): void {
  if (password === undefined || !terminal.isTalking) return
  terminal.talk('Its password, shown once:')
  terminal.data(password)
}

function domainOf({ address }: Account): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function notFound(address: string): CliError {
  const hint = 'posthouse account list'
  return new CliError('notFound', 'account.not_found', `There is no account ${address}`, hint)
}

function refused(address: string, reason: AccountRefusal): CliError {
  switch (reason) {
    case 'malformed':
      return new CliError('usage', 'account.malformed', `"${address}" is not a mail address`)
    case 'exists':
      return new CliError('conflict', 'account.exists', `${address} is taken already`)
    case 'unknown-domain':
      return foreignDomain(address)
    case 'domain-alias':
      return inDomainAlias(address)
    case 'weak':
      return new CliError(
        'usage',
        'account.weak_password',
        'This password is empty or too long',
        'take another one, or --generate',
      )
  }
}
