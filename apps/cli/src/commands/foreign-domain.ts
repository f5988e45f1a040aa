import { CliError } from '../cli-error.ts'

/** An address whose domain is none of this server's. */
export function foreignDomain(address: string): CliError {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const message = `${domain} is not a domain of this server`
  return new CliError('notFound', 'domain.not_found', message, `posthouse domain add ${domain}`)
}

/** An address in a domain that has those of another, and none of its own. */
export function inDomainAlias(address: string): CliError {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const message = `${domain} is an alias of another domain: it has that one's addresses, and none of its own`
  return new CliError('conflict', 'domain.is_alias', message, `posthouse domain show ${domain}`)
}
