import {
  appPasswordProtocols,
  type AppPassword,
  type AppPasswordProtocol,
  type AppPasswordRefusal,
} from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import type { Field, Item } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { parseFuture } from './parse-quantity.ts'

/** `posthouse app-password create ADDRESS --name NAME`. */
export async function createAppPassword(
  address: string,
  options: ChangeOptions & {
    readonly name: string
    readonly protocols?: string | undefined
    readonly expires?: string | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const protocols = protocolsOf(options.protocols)
  const expiresAt = expiryOf(options.expires)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    if (options.dryRun === true)
      return terminal.talk(`Would make an app password "${options.name}" for ${account.address}`)
    const made = await store.appPasswords.create(
      {
        account: account.address,
        name: options.name,
        ...(protocols === undefined ? {} : { protocols }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
      commandLineActor(),
    )
    if (!made.ok) throw refused(account.address, made.reason)
    const { appPassword, secret } = made
    // Nobody can ask for it again: with -q it is what a script wants.
    if (terminal.presentation.idsOnly) return terminal.data(secret.reveal())
    terminal.object('AppPassword', itemOf(appPassword, { password: secret.reveal() }))
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
    ]
    terminal.list(
      'AppPasswordList',
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
    terminal.object('AppPassword', itemOf(found))
    terminal.talk(`The app password "${found.name}" is revoked; its sessions end within a minute.`)
    terminal.next(`posthouse app-password list ${account.address}`)
  })
}

function protocolsOf(text: string | undefined): readonly AppPasswordProtocol[] | undefined {
  if (text === undefined) return undefined
  return text.split(',').map((word) => {
    const name = word.trim().toLowerCase()
    const protocol = appPasswordProtocols.find((each) => each === name)
    if (protocol !== undefined) return protocol
    const hint = `protocols: ${appPasswordProtocols.join(', ')}`
    throw new CliError('usage', 'app_password.protocol', `There is no protocol "${name}"`, hint)
  })
}

function expiryOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const moment = parseFuture(text, new Date())
  if (moment !== undefined) return moment
  const hint = 'write 12h, 30d, 1y or 2030-12-31'
  throw new CliError('usage', 'app_password.expires', `"${text}" is no time to come`, hint)
}

function itemOf(appPassword: AppPassword, more: Readonly<Record<string, Field>> = {}): Item {
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

function refused(address: string, reason: AppPasswordRefusal): CliError {
  switch (reason) {
    case 'not-found':
      return new CliError('notFound', 'account.not_found', `There is no account ${address}`)
    case 'name':
      return new CliError('usage', 'app_password.name', 'The name is empty, too long or no text')
    case 'protocols':
      return new CliError('usage', 'app_password.protocol', 'It must open some protocol')
    case 'expired':
      return new CliError('usage', 'app_password.expires', 'It would be over already')
    case 'too-many':
      return new CliError(
        'conflict',
        'app_password.too_many',
        `${address} has as many app passwords as an account can have`,
        `posthouse app-password list ${address}`,
      )
  }
}
