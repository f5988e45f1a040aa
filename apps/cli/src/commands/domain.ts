import { SecretKeyUnfit, type Domain, type Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { domainItem, findDomain, noDomain, noTarget } from './domain-item.ts'
import { domainKind } from './domain-kinds.ts'

/** `posthouse domain add DOMAIN`. */
export async function addDomain(
  name: string,
  options: ChangeOptions & { readonly catchall?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const { catchall: catchAll } = options
  await withStore(options, async (store) => {
    const isRehearsal = options.dryRun === true
    const how = { catchAll, isRehearsal }
    const outcome = await store.domains.create(name, commandLineActor(), how)
    if (outcome === 'exists') throw exists(name)
    if (outcome === 'unknown-target') throw noTarget(catchAll ?? '')
    if (outcome === 'malformed')
      throw new CliError('usage', 'domain.malformed', `"${name}" is not a domain name`)
    if (isRehearsal) return terminal.talk(`Would add the domain ${name}`)
    const dkim = await signingKeys(store, name, terminal)
    const { id, fields } = domainItem(await findDomain(store, name))
    terminal.object(domainKind, { id, fields: { ...fields, dkim } })
    terminal.talk(`Mail for ${name} is taken now.`)
    if (catchAll !== undefined) terminal.talk(`What nobody there has goes to ${catchAll}.`)
    if (dkim.length > 0)
      terminal.talk('Keys for signing its mail are made; their records belong in DNS.')
    terminal.next(
      `posthouse account add you@${name} --generate`,
      ...dkim.map((selector) => `posthouse dkim show ${name} ${selector}`),
    )
  })
}

/** Makes the keys that the domain's mail is signed with; without them it goes out, unsigned. */
export async function signingKeys(
  store: Store,
  name: string,
  terminal: Terminal,
): Promise<readonly string[]> {
  try {
    const made = await store.dkimKeys.equip(name, commandLineActor())
    return made.map(({ selector }) => selector)
  } catch (error) {
    if (!(error instanceof SecretKeyUnfit)) throw error
    process.exitCode = exitCodes.warnings
    terminal.talk(`There are no keys for signing its mail: ${error.message}`)
    terminal.next(`posthouse dkim create ${name}`)
    return []
  }
}

/** `posthouse domain list`. */
export async function listDomains(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const domains = await store.domains.list()
    const columns = ['domain', 'enabled', 'accounts', 'aliases', 'aliasOf', 'catchall'] as const
    terminal.list(domainKind, domains.map(domainItem), columns)
    if (domains.length === 0) {
      terminal.talk('There are no domains yet.')
      terminal.next('posthouse domain add example.org')
    }
  })
}

/** `posthouse domain show DOMAIN`. */
export async function showDomain(name: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const domain = await findDomain(store, name)
    const keys = (await store.dkimKeys.list(domain.name)).filter(({ state }) => state !== 'retired')
    const { id, fields } = domainItem(domain)
    const dkim = keys.map(({ selector }) => selector)
    terminal.show(domainKind, { id, fields: { ...fields, dkim } })
    terminal.next(`posthouse dns check ${domain.name}`)
  })
}

/** `posthouse domain enable DOMAIN`, `disable`. */
export async function switchDomain(
  name: string,
  isEnabled: boolean,
  options: ChangeOptions & { readonly yes?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const domain = await findDomain(store, name)
    const verb = isEnabled ? 'enable' : 'disable'
    if (options.dryRun === true) return terminal.talk(`Would ${verb} the domain ${domain.name}`)
    if (!isEnabled) {
      const { confirmYes } = await import('../ask.ts')
      const question = `Refuse all mail for ${domain.name}, and let none of its ${domain.accounts} accounts sign in?`
      await confirmYes(question, options.yes === true, options)
    }
    const outcome = await store.domains.setEnabled(domain.name, isEnabled, commandLineActor())
    if (outcome === 'not-found') throw noDomain(name)
    terminal.object(domainKind, domainItem({ ...domain, isDisabled: !isEnabled }))
    terminal.talk(
      isEnabled
        ? `${domain.name} takes mail again, and its accounts may sign in.`
        : `Mail for ${domain.name} is refused (550 5.2.1), and its accounts' sessions end. Everything is kept; what they have in the queue is still sent.`,
    )
    terminal.next(
      isEnabled ? `posthouse dns check ${domain.name}` : `posthouse domain enable ${domain.name}`,
    )
  })
}

/** `posthouse domain remove DOMAIN`. */
export async function removeDomain(
  name: string,
  options: ChangeOptions & { readonly confirm?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const domain = await findDomain(store, name)
    if (domain.accounts + domain.aliases > 0) throw notEmpty(domain)
    if (domain.domainAliases.length > 0) throw hasAliases(domain)
    if (options.dryRun === true) return terminal.talk(`Would remove the domain ${domain.name}`)
    const warning = `Mail for ${domain.name} will be refused.`
    const { confirmByName } = await import('../ask.ts')
    await confirmByName({ warning, name: domain.name, given: options.confirm }, options)
    const outcome = await store.domains.remove(domain.name, commandLineActor())
    if (outcome === 'not-found') throw noDomain(name)
    if (outcome === 'not-empty') throw notEmpty(domain)
    if (outcome === 'has-aliases') throw hasAliases(await findDomain(store, name))
    terminal.object(domainKind, domainItem(domain))
    terminal.talk(`The domain ${domain.name} is removed.`)
    terminal.next('posthouse domain list')
  })
}

function exists(name: string): CliError {
  return new CliError('conflict', 'domain.exists', `The domain ${name} is there already`)
}

function notEmpty({ name, accounts, aliases }: Domain): CliError {
  const what = `${accounts} accounts and ${aliases} aliases`
  const hint = `posthouse account list --domain ${name}`
  return new CliError('conflict', 'domain.not_empty', `${name} still has ${what}`, hint)
}

function hasAliases({ name, domainAliases }: Domain): CliError {
  const message = `${domainAliases.join(', ')} has the addresses of ${name}`
  const hint = `posthouse domain alias remove ${domainAliases[0] ?? ''} ${name}`
  return new CliError('conflict', 'domain.has_aliases', message, hint)
}
