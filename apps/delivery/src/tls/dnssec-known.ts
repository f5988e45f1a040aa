import type { DnssecStatus, Resolver } from '@posthouse/dns'

/** Whether a resolver validates. That is known a moment after it is first asked; until then it is waited for, not longer than this. */
export async function knownDnssec(
  resolver: Pick<Resolver, 'dnssec'>,
  patienceMs = 5_000,
): Promise<DnssecStatus> {
  const end = performance.now() + patienceMs
  while (resolver.dnssec().state === 'unknown' && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return resolver.dnssec()
}
