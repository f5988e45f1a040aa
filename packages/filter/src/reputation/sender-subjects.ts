import type { FilterMessage } from '../filter-message.ts'
import { sendersOf } from '../runner/placement.ts'
import { asciiDomain, domainOf, isWithin } from '../view/domains.ts'

/** By what a sender is remembered. */
export interface SenderSubjects {
  /** `d:` of domains that signed the message, the first three. */
  readonly domains: readonly string[]
  /** `a:` or `u:` of the only address in From; undefined where there are none or several. */
  readonly address: string | undefined
  /** The same without its prefix, lower case; only where a signature vouches for it. */
  readonly proven: string | undefined
}

const mostDomains = 3
const mostLength = 320

/**
 * The subjects of a message.
 * @param vouched domains whose signatures passed (`vouchedDomains`)
 */
export function senderSubjects(message: FilterMessage, vouched: readonly string[]): SenderSubjects {
  const signers = vouched.map(asciiDomain).slice(0, mostDomains)
  const domains = signers.map((domain) => `d:${domain}`)
  const from = sendersOf(message).from?.toLowerCase().slice(0, mostLength)
  if (from === undefined) return { domains, address: undefined, proven: undefined }
  const domain = asciiDomain(domainOf(from))
  const isProven = signers.some((signer) => isWithin(domain, signer))
  return {
    domains,
    address: `${isProven ? 'a' : 'u'}:${from}`,
    proven: isProven ? from : undefined,
  }
}

/**
 * Domains whose signatures passed when a message came in, as our own Authentication-Results say (RFC 8601 §2.7.1) in what we put
 * before it: nobody else's field stands there.
 */
export function vouchedIn(prefix: Buffer): readonly string[] {
  const text = prefix.toString('latin1').replace(/\r?\n[ \t]+/g, ' ')
  const found = new Set<string>()
  for (const [line] of text.matchAll(/^authentication-results:.*$/gim)) {
    for (const part of line.split(';')) {
      if (!/^\s*dkim\s*=\s*pass\b/i.test(part)) continue
      const domain = /\bheader\.d\s*=\s*"?([a-z0-9._-]+)/i.exec(part)?.[1]
      if (domain !== undefined) found.add(domain.toLowerCase())
    }
  }
  return [...found]
}
