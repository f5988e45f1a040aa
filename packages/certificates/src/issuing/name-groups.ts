import { isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Resolver } from '@posthouse/dns'
import { AcmeProblem } from '../acme/acme-problem.ts'

/** Names that one certificate is for. */
export interface NameGroup {
  /** The certificate's name: the host name, or a domain. */
  readonly name: string
  /** All names that it may be for, the most important first. */
  readonly candidates: readonly string[]
}

/** The names below a domain that mail programs, servers and people use (docs/operating.md). */
const prefixes = [
  'mail',
  'imap',
  'smtp',
  'pop',
  'autoconfig',
  'autodiscover',
  'mta-sts',
  'ua-auto-config',
] as const

/**
 * A certificate for the host name, alone, so that nothing that is wrong with another name keeps it from being renewed; and one
 * for each domain. Each name is in one of them; so is the name that mail programs are told, if it is another one, and the one
 * at which Thunderbird and K-9 ask about domains whose MX is this host: `autoconfig.` before the domain that it is in.
 */
export function nameGroups(
  hostname: string,
  domains: readonly string[],
  publicHost: string = hostname,
): readonly NameGroup[] {
  const host = hostname.toLowerCase()
  const taken = new Set([host])
  const groups: NameGroup[] = [{ name: host, candidates: [host] }]
  for (const domain of domains) {
    const candidates = [...prefixes.map((prefix) => `${prefix}.${domain}`), domain].filter(
      (name) => !taken.has(name) && name.length <= 253,
    )
    for (const name of candidates) taken.add(name)
    // A hosted domain that is the host name as well has that one's certificate for all.
    if (domain === host) groups[0] = { name: host, candidates: [host, ...candidates] }
    else if (candidates.length > 0) groups.push({ name: domain, candidates })
  }
  const others = [publicHost.toLowerCase(), ...autoconfigOf(host)].filter(
    (name) => !taken.has(name) && name.includes('.') && isIP(name) === 0,
  )
  return groups.toSpliced(1, 0, ...others.map((name) => ({ name, candidates: [name] })))
}

/** None where that would be a name above all that is registered: `autoconfig.org`. */
function autoconfigOf(host: string): readonly string[] {
  const above = host.slice(host.indexOf('.') + 1)
  return above.includes('.') && isIP(host) === 0 ? [`autoconfig.${above}`] : []
}

/** Which names lead here, as far as DNS says. */
export interface SortedNames {
  readonly here: readonly string[]
  readonly elsewhere: readonly { readonly name: string; readonly because: string }[]
  /** DNS did not answer. */
  readonly unsure: readonly string[]
}

type Place =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'unsure'; readonly because: string }

/**
 * Sorts names by where they lead. One that leads here in part only is not ours to prove: the authority may ask at the other
 * address.
 */
export async function sortNames(
  names: readonly string[],
  hostname: string,
  resolver: Resolver,
): Promise<SortedNames> {
  const host = await lookUp(hostname, resolver)
  const ours = new Set([
    ...(host.kind === 'addresses' ? host.addresses : []),
    ...Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).filter(({ internal }) => !internal).map(({ address }) => plain(address)),
    ),
  ])
  const here: string[] = []
  const unsure: string[] = []
  const elsewhere: { readonly name: string; readonly because: string }[] = []
  const places = await Promise.all(names.map((name) => lookUp(name, resolver)))
  for (const [index, place] of places.entries()) {
    const name = names[index] ?? ''
    const addresses = place.kind === 'addresses' ? place.addresses : []
    const foreign = addresses.filter((address) => !ours.has(address))
    // What is not known of the host itself may be where it leads.
    if (place.kind === 'unsure' || (foreign.length > 0 && host.kind === 'unsure')) {
      unsure.push(name)
      continue
    }
    if (place.addresses.length === 0) elsewhere.push({ name, because: 'it has no address in DNS' })
    else if (foreign.length > 0)
      elsewhere.push({
        name,
        because: `it leads to ${foreign.join(', ')}, which is not this server`,
      })
    else here.push(name)
  }
  return { here, elsewhere, unsure }
}

/**
 * The addresses of a name, IPv6 first, as authorities prefer it.
 *
 * @throws AcmeProblem `dns` where DNS does not answer
 */
export async function addressesOf(name: string, resolver: Resolver): Promise<readonly string[]> {
  const place = await lookUp(name, resolver)
  if (place.kind === 'unsure') throw new AcmeProblem('dns', `${name}: ${place.because}`)
  return place.addresses.toSorted((a, b) => Number(isIPv6(b)) - Number(isIPv6(a)))
}

async function lookUp(name: string, resolver: Resolver): Promise<Place> {
  const answers = await Promise.all([resolver.a(name), resolver.aaaa(name)])
  const addresses = answers.flatMap((answer) =>
    answer.kind === 'records' ? answer.records.map(plain) : [],
  )
  const failed = answers.find(({ kind }) => kind === 'temporary')
  if (failed?.kind === 'temporary') return { kind: 'unsure', because: failed.because }
  return { kind: 'addresses', addresses }
}

/** One spelling for each address. */
function plain(address: string): string {
  const bare = address.split('%', 1)[0] ?? ''
  return isIPv6(bare) ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare
}
