import { CliError } from '../cli-error.ts'

/** An address whose domain is none of this server's. */
export function foreignDomain(address: string): CliError {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const message = `${domain} is not a domain of this server`
  return new CliError('notFound', 'domain.not_found', message, `posthouse domain add ${domain}`)
}
