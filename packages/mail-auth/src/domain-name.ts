import { domainToASCII } from 'node:url'

const ascii = /^[\x21-\x7e]+$/

/**
 * A domain as DNS knows it: A-labels (RFC 5890 §2.3.2.1), lower case, without the final dot. Undefined where it cannot be a
 * name in DNS: an empty label, one of more than 63 octets, more than 253 in all (RFC 1035 §2.3.4), blanks or controls.
 */
export function domainName(text: string): string | undefined {
  const lower = text.endsWith('.') ? text.slice(0, -1) : text
  if (ascii.test(lower)) return asName(lower.toLowerCase())
  const labels = lower.normalize('NFC').split('.').map(asciiLabel)
  return asName(labels.join('.'))
}

/** True for a domain at or below another; both are names in DNS. */
export function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`)
}

/** What follows the last `@`, as a name in DNS. */
export function addressDomain(address: string): string | undefined {
  return domainName(address.slice(address.lastIndexOf('@') + 1))
}

/** Label by label: a whole name could be taken for an IPv4 address. */
function asciiLabel(label: string): string {
  return ascii.test(label) ? label.toLowerCase() : domainToASCII(label)
}

function asName(name: string): string | undefined {
  return ascii.test(name) && hasDnsLengths(name) ? name : undefined
}

/** Labels of 1 to 63 octets, 253 in all (RFC 1035 §2.3.4): DNS itself minds no character. */
export function hasDnsLengths(name: string): boolean {
  if (name.length > 253) return false
  return name.split('.').every((label) => label.length > 0 && label.length < 64)
}
