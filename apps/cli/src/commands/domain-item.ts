import type { Domain, Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import type { FieldsOfKind } from '../output/kind.ts'
import type { Item } from '../output/terminal.ts'
import type { domainKind } from './domain-kinds.ts'

type DomainItem = Item<FieldsOfKind<typeof domainKind>>

/** A domain as it is printed. */
export function domainItem(domain: Domain): DomainItem {
  const { name, accounts, aliases, isDisabled, aliasOf = null, catchAll, createdAt } = domain
  return {
    id: name,
    fields: {
      domain: name,
      enabled: !isDisabled,
      accounts,
      aliases,
      aliasOf,
      domainAliases: domain.domainAliases,
      catchall: catchAll?.address ?? null,
      catchallSend: catchAll?.maySend ?? null,
      created: createdAt.toISOString(),
    },
  }
}

/** The domain of this name, or the error that says there is none. */
export async function findDomain(store: Store, name: string): Promise<Domain> {
  const domain = await store.domains.show(name)
  if (domain === undefined) throw noDomain(name)
  return domain
}

/** There is no such domain. */
export function noDomain(name: string): CliError {
  const hint = 'posthouse domain list'
  return new CliError('notFound', 'domain.not_found', `There is no domain ${name}`, hint)
}

/** It has the addresses of another domain, and none of its own. */
export function isAnAlias({ name, aliasOf = '' }: Pick<Domain, 'name' | 'aliasOf'>): CliError {
  return new CliError(
    'conflict',
    'domain.is_alias',
    `${name} is an alias of ${aliasOf}: it has the addresses of ${aliasOf}, and none of its own`,
    `posthouse domain show ${name}`,
  )
}

/** Nobody of this server has an address of last resort. */
export function noTarget(address: string): CliError {
  const message = `Nobody here has the address ${address}: an account or an alias must be there first`
  return new CliError(
    'notFound',
    'domain.catchall_unknown',
    message,
    `posthouse account add ${address}`,
  )
}
