import { isIPv4 } from 'node:net'
import type { Answer, Resolver, TlsaRecord } from '@posthouse/dns'
import { usableRecords } from './dane-match.ts'

/** What DNS asks of a host by DANE (RFC 7672). */
export type DaneFinding =
  /** Nothing: something on the way is not signed, or there are no TLSA records. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'records'
      /** Those the host is held to. Empty: all are unusable, TLS is required and nobody proves anything (§2.2). */
      readonly usable: readonly TlsaRecord[]
      /** All of them, for reports. */
      readonly all: readonly TlsaRecord[]
      /** The TLSA base domain: what SNI says. */
      readonly base: string
      /** What the certificate may be for, where a record names an authority (§3.2.2). */
      readonly names: readonly string[]
    }
  /** It cannot be told whether there are any: the host is not used (§2.1.3). */
  | { readonly kind: 'failed'; readonly because: string }

/** A host of a domain, and the address of it that would be connected to. */
export interface DaneHost {
  readonly domain: string
  readonly host: string
  readonly address: string
}

/**
 * Looks for TLSA records of a mail host (RFC 7672 §2.2): only where MX and addresses are signed, for what would it help to know
 * whose certificate to expect of whom a forger names; at the name that the host is an alias for first.
 */
export async function findDane(
  { domain, host, address }: DaneHost,
  resolver: Resolver,
): Promise<DaneFinding> {
  if (resolver.dnssec().state !== 'validating' || domain.startsWith('[')) return none
  const listed = await listing(domain, host, resolver)
  if (listed !== 'secure') return listed
  const bases = await baseDomains(host, address, resolver)
  if ('kind' in bases) return bases
  for (const base of bases.names) {
    const answer = await resolver.tlsa(`_25._tcp.${base}`)
    if (answer.kind === 'temporary') {
      return { kind: 'failed', because: `TLSA of ${base}: ${answer.because}` }
    }
    if (answer.kind !== 'records' || !answer.isSecure) continue
    const usable = usableRecords(answer.records)
    const names = [...new Set([base, ...(await domainNames(domain, resolver))])]
    return { kind: 'records', usable, all: answer.records, base, names }
  }
  return none
}

const none: DaneFinding = { kind: 'none' }

/** Whether the domain says by signature that this is a host of its (§2.2.1); without MX it is itself (§2.2.2). */
async function listing(
  domain: string,
  host: string,
  resolver: Resolver,
): Promise<'secure' | DaneFinding> {
  const answer = await resolver.mx(domain)
  if (answer.kind === 'temporary') {
    return { kind: 'failed', because: `MX of ${domain}: ${answer.because}` }
  }
  if (!answer.isSecure) return none
  const hosts =
    answer.kind === 'records' ? answer.records.map(({ exchange }) => exchange) : [domain]
  if (hosts.some((each) => sameName(each, host))) return 'secure'
  return { kind: 'failed', because: `${host} is no mail host of ${domain} any more` }
}

/**
 * Where the records may stand (§2.2.2, §2.2.3): where the name is an alias and all of the way is signed, at its target, else
 * at itself; where the alias alone is signed, at itself only.
 */
async function baseDomains(
  host: string,
  address: string,
  resolver: Resolver,
): Promise<{ readonly names: readonly string[] } | DaneFinding> {
  const found = await (isIPv4(address) ? resolver.a(host) : resolver.aaaa(host))
  if (found.kind === 'temporary') {
    return { kind: 'failed', because: `address of ${host}: ${found.because}` }
  }
  const alias = await expand(host, resolver)
  if (alias.kind === 'failed') return alias
  if (found.isSecure) return { names: alias.name === host ? [host] : [alias.name, host] }
  return alias.isFirstSecure ? { names: [host] } : none
}

type Expansion =
  | { readonly kind: 'name'; readonly name: string; readonly isFirstSecure: boolean }
  | { readonly kind: 'failed'; readonly because: string }

/** Follows CNAMEs. */
async function expand(host: string, resolver: Resolver): Promise<Expansion> {
  let name = host
  let isFirstSecure = false
  for (let step = 0; step < mostAliases; step += 1) {
    const answer: Answer<string> = await resolver.cname(name)
    if (answer.kind === 'temporary') {
      return { kind: 'failed', because: `CNAME of ${name}: ${answer.because}` }
    }
    const [target] = answer.kind === 'records' ? answer.records : []
    if (target === undefined) return { kind: 'name', name, isFirstSecure }
    if (step === 0) isFirstSecure = answer.isSecure
    name = target
  }
  return { kind: 'failed', because: `too many CNAMEs behind ${host}` }
}

/** The next-hop domain, and what it is an alias for (§3.2.2). */
async function domainNames(domain: string, resolver: Resolver): Promise<readonly string[]> {
  const alias = await expand(domain, resolver)
  return alias.kind === 'name' ? [domain, alias.name] : [domain]
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

const mostAliases = 10
