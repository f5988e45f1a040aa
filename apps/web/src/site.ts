import { isIP } from 'node:net'
import { domainKey, parseStoreAddress } from '@posthouse/store'
import type { Config } from '@posthouse/config'
import type { HostedDomains } from './hosted-domains.ts'

/** Labels before a domain that lead to this server. */
const labels = [
  'autoconfig',
  'autodiscover',
  'mta-sts',
  'ua-auto-config',
  'mail',
  'imap',
  'pop',
  'smtp',
  'www',
] as const

/** One of them; `''` stands for the domain itself. */
export type SiteLabel = (typeof labels)[number] | ''

/** Whose pages a request wants, by its Host: those of a hosted domain, or the server's own. */
export type Site =
  | { readonly kind: 'domain'; readonly domain: string; readonly label: SiteLabel }
  | { readonly kind: 'server' }

/** What of the configuration names the server. */
export type SiteConfig = Pick<Config, 'hostname' | 'clients'>

/**
 * The site of a Host header (RFC 9110 §7.2). The server is known by its names, by any address, and by what Thunderbird and
 * K-9 make of the name in an MX record: `autoconfig.` before the domain that the server's name is in.
 * @returns undefined for a name that is not ours
 */
export async function siteOf(
  host: string,
  config: SiteConfig,
  hosted: HostedDomains,
): Promise<Site | undefined> {
  const name = hostName(host)
  if (name === undefined) return undefined
  if (name === '') return { kind: 'server' }
  if (await hosted.has(name)) return { kind: 'domain', domain: name, label: '' }
  const label = labels.find((each) => name.startsWith(`${each}.`))
  if (label !== undefined) {
    const domain = name.slice(label.length + 1)
    if (await hosted.has(domain)) return { kind: 'domain', domain, label }
  }
  return isServer(name, config) ? { kind: 'server' } : undefined
}

/** The name in a Host header, `''` for an address; undefined for what is neither. */
function hostName(host: string): string | undefined {
  const bare = host.replace(/:\d{1,5}$/, '')
  const address = /^\[(.+)\]$/.exec(bare)?.[1] ?? bare
  return isIP(address) === 0 ? domainKey(bare) : ''
}

function isServer(name: string, { hostname, clients }: SiteConfig): boolean {
  if (name === 'localhost') return true
  return [hostname.toLowerCase(), clients.publicHost].some((own) => {
    if (name === own) return true
    const above = name.startsWith('autoconfig.') ? name.slice('autoconfig.'.length) : name
    // Two labels at least: nobody's MX makes us answer for all of .org.
    return above.includes('.') && own.endsWith(`.${above}`)
  })
}

/**
 * The domain whose settings are wanted: that of the address, if one is asked about, else the site's.
 * @returns undefined for a domain that is not ours
 */
export async function domainWanted(
  site: Site,
  address: string | undefined,
  config: SiteConfig,
  hosted: HostedDomains,
): Promise<string | undefined> {
  const asked = parseStoreAddress(address ?? '')?.domain
  if (asked !== undefined) return (await hosted.has(asked)) ? asked : undefined
  return homeOf(site, config, hosted)
}

/**
 * The domain of a site. For the server itself (K-9 says of nobody whose settings it wants) it is the hosted domain that the
 * server's name is in, else the only one, else its name: the settings are the same for all.
 */
export async function homeOf(
  site: Site,
  { clients }: SiteConfig,
  hosted: HostedDomains,
): Promise<string> {
  if (site.kind === 'domain') return site.domain
  const parts = clients.publicHost.split('.')
  for (let first = 0; first < parts.length - 1; first++) {
    const domain = parts.slice(first).join('.')
    if (await hosted.has(domain)) return domain
  }
  return (await hosted.only()) ?? clients.publicHost
}
