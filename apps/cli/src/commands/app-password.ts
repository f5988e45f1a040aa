import type { AppPassword } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, listOf, optional, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { refused, requestOf, type AppPasswordOptions } from './app-password-request.ts'
import { findAccount } from './find-account.ts'

/** An app password; its secret stands in it once, when it is made. */
const appPasswordKind = kind('AppPassword', 'a password of a single program', {
  id: string,
  account: string,
  name: string,
  protocols: listOf(string),
  created: dateTime,
  expires: orNull(dateTime),
  lastUsed: orNull(dateTime),
  lastProtocol: orNull(string),
  lastAddress: orNull(string),
  password: optional(string),
})

/** `posthouse app-password create ADDRESS --name NAME`. */
export async function createAppPassword(
  address: string,
  options: ChangeOptions & AppPasswordOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const request = requestOf(account.address, options)
    if (options.dryRun === true)
      return terminal.talk(`Would make an app password "${options.name}" for ${account.address}`)
    const made = await store.appPasswords.create(request, commandLineActor())
    if (!made.ok) throw refused(account.address, made.reason)
    const { appPassword, secret } = made
    // Nobody can ask for it again: with -q it is what a script wants.
    if (terminal.presentation.idsOnly) return terminal.data(secret.reveal())
    terminal.object(appPasswordKind, itemOf(appPassword, { password: secret.reveal() }))
    if (!terminal.isTalking) return
    const opens = appPassword.protocols.join(', ')
    terminal.talk(`The app password "${appPassword.name}" opens ${opens} of ${account.address}.`)
    terminal.talk('It is, shown once (hyphens and capitals do not matter):')
    terminal.data(secret.reveal())
    terminal.next(`posthouse app-password list ${account.address}`)
  })
}

/** `posthouse app-password list ADDRESS`. */
export async function listAppPasswords(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const list = (await store.appPasswords.list(account.address)) ?? []
    const columns = [
      'id',
      'name',
      'protocols',
      'expires',
      'lastUsed',
      'lastProtocol',
      'lastAddress',
    ] as const
    terminal.list(
      appPasswordKind,
      list.map((one) => itemOf(one)),
      columns,
    )
    if (list.length === 0) {
      terminal.talk(`${account.address} has no app passwords.`)
      terminal.next(`posthouse app-password create ${account.address} --name Phone`)
    }
  })
}

/** `posthouse app-password revoke ADDRESS ID`. */
export async function revokeAppPassword(
  address: string,
  id: string,
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const list = (await store.appPasswords.list(account.address)) ?? []
    const found = list.find((one) => one.id === id.toUpperCase())
    if (found === undefined) throw notFound(account.address, id)
    if (options.dryRun === true)
      return terminal.talk(`Would revoke the app password "${found.name}"`)
    const outcome = await store.appPasswords.revoke(account.address, found.id, commandLineActor())
    if (outcome === 'not-found') throw notFound(account.address, id)
    terminal.object(appPasswordKind, itemOf(found))
    terminal.talk(`The app password "${found.name}" is revoked; its sessions end within a minute.`)
    terminal.next(`posthouse app-password list ${account.address}`)
  })
}

function itemOf(appPassword: AppPassword, more: { readonly password?: string } = {}) {
  const { id, account, name, protocols, createdAt, expiresAt, lastUse } = appPassword
  const fields = {
    id,
    account,
    name,
    protocols,
    created: createdAt.toISOString(),
    expires: expiresAt?.toISOString() ?? null,
    lastUsed: lastUse?.at.toISOString() ?? null,
    lastProtocol: lastUse?.protocol ?? null,
    lastAddress: lastUse?.address ?? null,
    ...more,
  }
  return { id, fields }
}

function notFound(address: string, id: string): CliError {
  return new CliError(
    'notFound',
    'app_password.not_found',
    `${address} has no app password ${id}`,
    `posthouse app-password list ${address}`,
  )
}
