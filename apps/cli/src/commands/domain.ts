import { SecretKeyUnfit, type Domain, type Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Item, Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'

/** `posthouse domain add DOMAIN`. */
export async function addDomain(name: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    if ((await store.domains.show(name)) !== undefined) throw exists(name)
    if (options.dryRun === true) return terminal.talk(`Would add the domain ${name}`)
    const outcome = await store.domains.create(name, commandLineActor())
    if (outcome === 'exists') throw exists(name)
    if (outcome === 'malformed')
      throw new CliError('usage', 'domain.malformed', `"${name}" is not a domain name`)
    const keys = await signingKeys(store, name, terminal)
    const { id, fields } = itemOf(await shown(store, name))
    terminal.object('Domain', { id, fields: { ...fields, dkim: keys } })
    terminal.talk(`Mail for ${name} is taken now.`)
    if (keys.length > 0)
      terminal.talk('Keys for signing its mail are made; their records belong in DNS.')
    terminal.next(
      `posthouse account add you@${name} --generate`,
      ...keys.map((selector) => `posthouse dkim show ${name} ${selector}`),
    )
  })
}

/** Makes the keys that the domain's mail is signed with; without them it goes out, unsigned. */
async function signingKeys(
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
    terminal.list('DomainList', domains.map(itemOf), ['domain', 'accounts', 'aliases', 'created'])
    if (domains.length === 0) {
      terminal.talk('There are no domains yet.')
      terminal.next('posthouse domain add example.org')
    }
  })
}

/** `posthouse domain remove DOMAIN`. */
export async function removeDomain(
  name: string,
  options: ChangeOptions & { readonly confirm?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const domain = await shown(store, name)
    if (domain.accounts + domain.aliases > 0) throw notEmpty(domain)
    if (options.dryRun === true) return terminal.talk(`Would remove the domain ${domain.name}`)
    const warning = `Mail for ${domain.name} will be refused.`
    const { confirmByName } = await import('../ask.ts')
    await confirmByName({ warning, name: domain.name, given: options.confirm }, options)
    const outcome = await store.domains.remove(domain.name, commandLineActor())
    if (outcome === 'not-found') throw notFound(name)
    if (outcome === 'not-empty') throw notEmpty(domain)
    terminal.object('Domain', itemOf(domain))
    terminal.talk(`The domain ${domain.name} is removed.`)
    terminal.next('posthouse domain list')
  })
}

async function shown(store: Store, name: string): Promise<Domain> {
  const domain = await store.domains.show(name)
  if (domain === undefined) throw notFound(name)
  return domain
}

function itemOf({ name, accounts, aliases, createdAt }: Domain): Item {
  const fields = { domain: name, accounts, aliases, created: createdAt.toISOString() }
  return { id: name, fields }
}

function exists(name: string): CliError {
  return new CliError('conflict', 'domain.exists', `The domain ${name} is there already`)
}

function notFound(name: string): CliError {
  const hint = 'posthouse domain list'
  return new CliError('notFound', 'domain.not_found', `There is no domain ${name}`, hint)
}

function notEmpty({ name, accounts, aliases }: Domain): CliError {
  const what = `${accounts} accounts and ${aliases} aliases`
  const hint = `posthouse account list --domain ${name}`
  return new CliError('conflict', 'domain.not_empty', `${name} still has ${what}`, hint)
}
