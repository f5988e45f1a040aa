import { getDomain } from 'tldts'

/**
 * Who runs these hosts, for people and as a key: the organisational domain of the hosts that are asked first. Domains by the
 * thousand share a provider, and it counts what comes from us by our address, not by theirs. `tiers`: host names by preference.
 */
export function providerOf(tiers: readonly (readonly string[])[]): string {
  const [first = []] = tiers
  const names = new Set(first.map(organisationOf))
  return [...names].toSorted().join('+')
}

/** `alt1.aspmx.l.google.com` is google.com; what has no such domain, like an address, stays as it is. */
function organisationOf(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  return getDomain(name) ?? name
}
