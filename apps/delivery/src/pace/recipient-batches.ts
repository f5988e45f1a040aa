import type { ClaimedRecipient } from '@posthouse/store'

/** How many recipients, of how many domains, fit into one transaction. */
export interface BatchLimits {
  readonly recipients: number
  readonly domains: number
}

/**
 * The recipients of the next transaction: the first that fit, in their order. Always at least one. Where domains are limited,
 * those of one domain go together, whatever stands between them (RFC 9422, RCPTDOMAINMAX).
 */
export function nextBatch(
  left: readonly ClaimedRecipient[],
  limits: BatchLimits,
): readonly ClaimedRecipient[] {
  const most = Math.max(1, limits.recipients)
  if (limits.domains === Infinity) return left.slice(0, most)
  const domains = new Set<string>()
  const batch: ClaimedRecipient[] = []
  for (const recipient of left) {
    const domain = domainOf(recipient.address)
    if (!domains.has(domain) && domains.size >= Math.max(1, limits.domains)) continue
    domains.add(domain)
    batch.push(recipient)
    if (batch.length >= most) break
  }
  return batch
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}
