import { domainToASCII } from 'node:url'
import { getDomain, parse } from 'tldts'

/** A domain as lower-case A-labels without its final dot; empty where it is none. */
export function asciiDomain(domain: string): string {
  const plain = domain.endsWith('.') ? domain.slice(0, -1) : domain
  if (PLAIN.test(plain)) return plain.toLowerCase()
  return plain.length > MAX_DOMAIN ? '' : domainToASCII(plain)
}

/** The domain of an address, as A-labels; empty where there is none. An entry `@example.com` is one of a domain. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@')
  return at < 0 ? '' : asciiDomain(address.slice(at + 1))
}

/** Whether `domain` is `parent` or below it. A leading `@` or `*.` of the parent is passed over. */
export function isWithin(domain: string, parent: string): boolean {
  const top = asciiDomain(parent.replace(/^@|^\*\./, ''))
  const low = asciiDomain(domain)
  return top !== '' && low !== '' && (low === top || low.endsWith(`.${top}`))
}

/** The registrable domain by the public suffix list, private suffixes included; the host itself where there is none. */
export function registrable(host: string): string {
  const known = remembered.get(host)
  if (known !== undefined) return known
  const domain = getDomain(host, OPTIONS) ?? host
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(host, domain)
  return domain
}

/** Whether the name ends in a public suffix that exists, so that it may be somebody's. */
export function hasKnownSuffix(host: string): boolean {
  const { isIcann, isPrivate, domain } = parse(host, OPTIONS)
  return domain !== null && (isIcann === true || isPrivate === true)
}

/** Whether two hosts belong to one owner, as far as the public suffix list knows. */
export function isSameOwner(a: string, b: string): boolean {
  return a === b || registrable(a) === registrable(b)
}

const OPTIONS = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
} as const
const PLAIN = /^[a-z0-9](?:[a-z0-9.-]{0,252})$/i
/** Longer than any name in DNS, in any encoding of it. */
const MAX_DOMAIN = 1_024
/** Few domains stand in many messages. */
const remembered = new Map<string, string>()
const MAX_REMEMBERED = 5_000
