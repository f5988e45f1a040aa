import type { Resolver } from '@posthouse/dns'
import type { Config } from '@posthouse/config'

/**
 * Whether this server stands among a domain's MX records: a policy must name no host that is not one (RFC 8461 §4.1), or mail
 * to it would stop. While DNS does not answer the last answer counts.
 */
export class MailHosts {
  readonly #resolver: Resolver
  readonly #host: string
  readonly #last = new Map<string, boolean>()

  constructor(resolver: Resolver, { hostname }: Pick<Config, 'hostname'>) {
    this.#resolver = resolver
    this.#host = hostname.toLowerCase()
  }

  /** The hosts of a hosted domain to be named; undefined while it is not known. */
  async of(domain: string): Promise<readonly string[] | undefined> {
    const answer = await this.#resolver.mx(domain)
    if (answer.kind !== 'temporary') {
      const exchanges = answer.kind === 'records' ? answer.records : []
      this.#last.set(
        domain,
        exchanges.some(({ exchange }) => exchange.toLowerCase() === this.#host),
      )
    }
    const isHere = this.#last.get(domain)
    return isHere === undefined ? undefined : isHere ? [this.#host] : []
  }
}
