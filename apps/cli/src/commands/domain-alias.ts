import type { Domain, DomainAliasRefusal } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { domainItem, findDomain, isAnAlias } from './domain-item.ts'
import { domainKind } from './domain-kinds.ts'
import { signingKeys } from './domain.ts'
import { foreignDomain } from './foreign-domain.ts'

/** `posthouse domain alias add ALIAS DOMAIN`. */
export async function addDomainAlias(
  name: string,
  of: string,
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const isRehearsal = options.dryRun === true
    const made = await store.domains.addAlias(name, of, commandLineActor(), { isRehearsal })
    if (!made.ok) throw refused(name, of, made, await store.domains.show(name))
    if (isRehearsal) return terminal.talk(`Would make every address of ${of} one of ${name}, too`)
    const dkim = await signingKeys(store, name, terminal)
    const { id, fields } = domainItem(await findDomain(store, name))
    terminal.object(domainKind, { id, fields: { ...fields, dkim } })
    terminal.talk(
      `Every address of ${of} is one of ${name}, too: for mail, for writing and for signing in.`,
    )
    terminal.next(`posthouse dns records ${name}`, `posthouse alias resolve postmaster@${name}`)
  })
}

/** `posthouse domain alias list [DOMAIN]`. */
export async function listDomainAliases(
  name: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const of = name === undefined ? undefined : await findDomain(store, name)
    const aliases = (await store.domains.list()).filter(
      ({ aliasOf }) => aliasOf !== undefined && (of === undefined || aliasOf === of.name),
    )
    terminal.list(domainKind, aliases.map(domainItem), ['domain', 'aliasOf', 'enabled', 'created'])
    if (aliases.length === 0) {
      terminal.talk(`No domain is an alias of ${of === undefined ? 'another' : of.name}.`)
      terminal.next(`posthouse domain alias add example.net ${of?.name ?? 'example.org'}`)
    }
  })
}

/** `posthouse domain alias remove ALIAS DOMAIN`. */
export async function removeDomainAlias(
  name: string,
  of: string,
  options: ChangeOptions & { readonly yes?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const alias = await findDomain(store, name)
    const domain = await findDomain(store, of)
    if (alias.aliasOf !== domain.name) throw notAnAlias(alias, domain)
    if (options.dryRun === true)
      return terminal.talk(`Would no longer take the addresses of ${of} under ${name}`)
    const { confirmYes } = await import('../ask.ts')
    const question = `Refuse mail for the addresses of ${domain.name} under ${alias.name}?`
    await confirmYes(question, options.yes === true, options)
    const outcome = await store.domains.removeAlias(alias.name, domain.name, commandLineActor())
    if (outcome === 'not-found') throw notAnAlias(alias, domain)
    terminal.object(domainKind, domainItem(await findDomain(store, alias.name)))
    terminal.talk(
      `${alias.name} is a domain of its own, without an address: mail for it is refused (550 5.1.1).`,
    )
    terminal.next(
      `posthouse domain remove ${alias.name}`,
      `posthouse domain alias add ${alias.name} ${domain.name}`,
    )
  })
}

function notAnAlias(alias: Domain, domain: Domain): CliError {
  const message = `${alias.name} is no alias of ${domain.name}`
  const hint = `posthouse domain alias list ${domain.name}`
  return new CliError('notFound', 'domain.alias_not_found', message, hint)
}

function refused(
  name: string,
  of: string,
  refusal: DomainAliasRefusal,
  domain: Domain | undefined,
): CliError {
  switch (refusal.reason) {
    case 'malformed':
      return new CliError('usage', 'domain.malformed', `"${name}" or "${of}" is not a domain name`)
    case 'self':
      return new CliError('usage', 'domain.self', `${name} would be an alias of itself`)
    case 'unknown-domain':
      return foreignDomain(of)
    case 'exists':
      return conflict('exists', `${name} is an alias of ${of} already`)
    case 'taken':
      return isAnAlias({ name, aliasOf: refusal.aliasOf })
    case 'chained':
      return chained(name, of, domain)
    case 'not-empty':
      return conflict(
        'not_empty',
        `${name} has accounts, aliases or an address of last resort of its own`,
        `the alias comes first: posthouse domain alias add ${of} ${name} would make ${of} the alias`,
      )
    case 'ring':
      return conflict(
        'ring',
        `These aliases would lead to themselves alone: ${refusal.addresses.join(', ')}`,
        `posthouse alias remove ${refusal.addresses[0] ?? ''}`,
      )
  }
}

function conflict(code: string, message: string, hint?: string): CliError {
  return new CliError('conflict', `domain.${code}`, message, hint)
}

/** Aliases of aliases would be hard to see through, and are of no use. */
function chained(name: string, of: string, domain: Domain | undefined): CliError {
  const { domainAliases = [] } = domain ?? {}
  const message =
    domainAliases.length > 0
      ? `${domainAliases.join(', ')} has the addresses of ${name}: make it an alias of ${of}, too`
      : `${of} is an alias itself: make ${name} an alias of the domain that it stands for`
  return new CliError('conflict', 'domain.chained', message, `posthouse domain show ${of}`)
}
