import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** RFC 1035 §2.3.4. */
const MAX_LABEL = 63
/** A name of 255 octets on the wire has at most 253 characters. */
const MAX_DOMAIN = 253

/** `sub-domain = Let-dig [Ldh-str]` (RFC 5321 §4.1.2). QUIRK: underscores, which real senders' host names have. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i

/**
 * A domain as it is compared and kept: lower-case A-labels (RFC 5890 §2.3.2.1), an address literal
 * in its canonical form. Undefined for what is neither (RFC 5321 §4.1.2, RFC 6531 §3.3).
 */
export function normaliseDomain(domain: string): string | undefined {
  if (domain.startsWith('[')) return normaliseLiteral(domain)
  // Only for U-labels: the host parser behind it reads `0x7f.1` as an address.
  // oxlint-disable-next-line no-control-regex
  const ascii = /^[\u0000-\u007f]*$/.test(domain) ? domain.toLowerCase() : domainToASCII(domain)
  return isHostName(ascii) ? ascii : undefined
}

/** Whether a text is a domain name of ASCII letters, digits and hyphens, without a dot at the end. */
export function isHostName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_DOMAIN) return false
  return name.split('.').every((label) => label.length <= MAX_LABEL && LABEL.test(label))
}

/** `address-literal` (RFC 5321 §4.1.3); `General-address-literal` has no registered tag, so is none. */
function normaliseLiteral(domain: string): string | undefined {
  if (!domain.endsWith(']')) return undefined
  const inner = domain.slice(1, -1)
  if (isIPv4(inner)) return `[${inner}]`
  const address = /^IPv6:(.+)$/i.exec(inner)?.[1]
  if (address === undefined || address.includes('%') || !isIPv6(address)) return undefined
  return `[IPv6:${address.toLowerCase()}]`
}

/** An address as a literal, for EHLO and trace fields (RFC 5321 §4.1.3). */
export function addressLiteral(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
}
