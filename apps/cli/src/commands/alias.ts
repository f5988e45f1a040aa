import type { Alias, AliasRefusal } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { boolean, dateTime, listOf, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { foreignDomain, inDomainAlias } from './foreign-domain.ts'
import { tellOfLastResort } from './last-resort.ts'

/** An alias. */
const aliasKind = kind('Alias', 'an address that stands for others', {
  address: string,
  targets: listOf(string),
  maySend: boolean,
  created: dateTime,
})

/** Options of a command that says who may write as an alias. */
type SendingOptions = ChangeOptions & { readonly allowSend?: boolean | undefined }

/** `posthouse alias add ADDRESS TARGET…`. */
export async function addAlias(
  address: string,
  targets: readonly string[],
  options: SendingOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const isRehearsal = options.dryRun === true
    const how = { maySend: options.allowSend, isRehearsal }
    const made = await store.aliases.create(address, targets, commandLineActor(), how)
    if (!made.ok) throw refused(address, made)
    if (isRehearsal) return terminal.talk(`Would let ${address} lead to ${targets.join(', ')}`)
    const alias = await store.aliases.show(address)
    if (alias === undefined) throw notFound(address)
    terminal.object(aliasKind, itemOf(alias))
    terminal.talk(`${alias.address} leads to ${alias.targets.join(', ')}.`)
    const domain = alias.address.slice(alias.address.lastIndexOf('@') + 1)
    terminal.next(
      `posthouse alias resolve ${alias.address}`,
      `posthouse send-test postmaster@${domain} --to ${alias.address}`,
    )
  })
}

/** `posthouse alias set ADDRESS --allow-send | --no-allow-send`. */
export async function setAlias(address: string, options: SendingOptions): Promise<void> {
  const terminal = terminalOf(options)
  const { allowSend } = options
  if (allowSend === undefined)
    throw new CliError('usage', 'alias.nothing', 'Say --allow-send or --no-allow-send')
  await withStore(options, async (store) => {
    const alias = await store.aliases.show(address)
    if (alias === undefined) throw notFound(address)
    const may = allowSend ? 'may' : 'may not'
    const whom = alias.targets.join(', ')
    if (options.dryRun === true) return terminal.talk(`Then ${whom} ${may} write as ${address}`)
    await store.aliases.setSending(alias.address, allowSend, commandLineActor())
    terminal.object(aliasKind, itemOf({ ...alias, maySend: allowSend }))
    terminal.talk(`${whom} ${may} write as ${alias.address}.`)
  })
}

/** `posthouse alias list`. */
export async function listAliases(
  options: CommonOptions & { readonly domain?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const filter = options.domain === undefined ? {} : { domain: options.domain }
  await withStore(options, async (store) => {
    const aliases = await store.aliases.list(filter)
    terminal.list(aliasKind, aliases.map(itemOf), ['address', 'targets', 'maySend', 'created'])
    if (aliases.length === 0) {
      terminal.talk('There are no aliases yet.')
      terminal.next('posthouse alias add info@example.org you@example.org')
    }
  })
}

/** `posthouse alias show ADDRESS`. */
export async function showAlias(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const alias = await store.aliases.show(address)
    if (alias === undefined) throw notFound(address)
    terminal.show(aliasKind, itemOf(alias))
    terminal.next(`posthouse alias resolve ${alias.address}`)
  })
}

/** `posthouse alias remove ADDRESS`. */
export async function removeAlias(
  address: string,
  options: ChangeOptions & { readonly yes?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const alias = await store.aliases.show(address)
    if (alias === undefined) throw notFound(address)
    if (options.dryRun === true) return terminal.talk(`Would remove the alias ${alias.address}`)
    const { confirmYes } = await import('../ask.ts')
    await confirmYes(`Remove the alias ${alias.address}?`, options.yes === true, options)
    const outcome = await store.aliases.remove(alias.address, commandLineActor())
    if (outcome === 'not-found') throw notFound(address)
    terminal.object(aliasKind, itemOf(alias))
    terminal.talk(`The alias ${alias.address} is removed.`)
    await tellOfLastResort(store, terminal, alias.address)
    terminal.next('posthouse alias list')
  })
}

function itemOf({ address, targets, maySend, createdAt }: Alias): ItemOf<typeof aliasKind> {
  return { id: address, fields: { address, targets, maySend, created: createdAt.toISOString() } }
}

function notFound(address: string): CliError {
  const hint = 'posthouse alias list'
  return new CliError('notFound', 'alias.not_found', `There is no alias ${address}`, hint)
}

function refused(address: string, refusal: AliasRefusal): CliError {
  switch (refusal.reason) {
    case 'malformed':
      return new CliError('usage', 'alias.malformed', `"${address}" is not a mail address`)
    case 'malformed-target':
      return new CliError(
        'usage',
        'alias.malformed_target',
        `"${refusal.target}" is not a mail address`,
      )
    case 'self':
      return new CliError('usage', 'alias.self', `${refusal.target} would lead to itself`)
    case 'no-targets':
      return new CliError('usage', 'alias.no_targets', 'An alias needs a target')
    case 'too-many':
      return new CliError('usage', 'alias.too_many', 'An alias may have 1,000 targets')
    case 'exists':
      return new CliError('conflict', 'alias.exists', `${address} is taken already`)
    case 'unknown-domain':
      return foreignDomain(address)
    case 'domain-alias':
      return inDomainAlias(address)
    case 'ring':
      return new CliError(
        'conflict',
        'alias.ring',
        `Mail would go in a circle: ${refusal.addresses.join(' → ')}`,
        `posthouse alias resolve ${refusal.addresses[1] ?? address}`,
      )
  }
}
