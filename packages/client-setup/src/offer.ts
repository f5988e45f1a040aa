import type { Config } from '@posthouse/config'

/** How a connection is protected: TLS from its first octet, or STARTTLS. */
export type Security = 'tls' | 'starttls'

/** A server that mail programs may use. */
export interface Service {
  readonly protocol: 'imap' | 'pop3' | 'smtp'
  readonly port: number
  readonly security: Security
}

/** What mail programs are told for the addresses of one domain. The same for every address of it, there or not. */
export interface Offer {
  /** Lower-case A-label. */
  readonly domain: string
  /** The name of all servers. */
  readonly host: string
  /** The best first: IMAP, POP3, SMTP; of each TLS before STARTTLS (RFC 8314 §3). */
  readonly services: readonly Service[]
  /** What the service is called. */
  readonly name: string
  /** Where the web pages are, without a slash at the end. */
  readonly webUrl: string
}

/** What of the configuration mail programs are told. */
export type OfferConfig = Pick<Config, 'clients'>

/** What addresses of this domain are offered. */
export function offerFor({ clients }: OfferConfig, domain: string): Offer {
  const { publicHost: host, publicPorts: ports } = clients
  const imap = [...of('imap', 'tls', ports.imaps), ...of('imap', 'starttls', ports.imap)]
  const pop3 = [...of('pop3', 'tls', ports.pop3s), ...of('pop3', 'starttls', ports.pop3)]
  const smtp = [
    ...of('smtp', 'tls', ports.submissions),
    ...of('smtp', 'starttls', ports.submission),
  ]
  // RFC 8314 §3.3: submission on 587 is as common as on 465, and what some networks let through; to read mail one way is enough.
  const services = [...imap.slice(0, 1), ...pop3.slice(0, 1), ...smtp]
  return { domain, host, services, name: clients.name ?? domain, webUrl: webUrlOf({ clients }) }
}

/** None where it has no port. */
function of(protocol: Service['protocol'], security: Security, port: number): readonly Service[] {
  return port === 0 ? [] : [{ protocol, security, port }]
}

/** The first server of a protocol, the one to use. */
export function bestOf({ services }: Offer, protocol: Service['protocol']): Service | undefined {
  return services.find((service) => service.protocol === protocol)
}

/** The address of the web pages: from the configuration, never from what a client says. */
export function webUrlOf({ clients }: OfferConfig): string {
  const { publicHost, publicPorts } = clients
  const port = publicPorts.https
  return port === 443 || port === 0 ? `https://${publicHost}` : `https://${publicHost}:${port}`
}
