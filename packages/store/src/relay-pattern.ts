import { isIP } from 'node:net'
import { domainKey, parseStoreAddress } from './address.ts'
import type { RelayPattern } from './relays.ts'

/** A recipient's pattern as it is kept: `*`, `example.org`, `.example.org`. Undefined for anything else. */
export function recipientPattern(text: string): string | undefined {
  if (text === '*') return text
  const isBelow = text.startsWith('.')
  const domain = domainKey(isBelow ? text.slice(1) : text)
  return domain === undefined ? undefined : `${isBelow ? '.' : ''}${domain}`
}

/** A sender's pattern as it is kept: `*`, `example.org`, `ada@example.org` (local part in lower case). */
export function senderPattern(text: string): string | undefined {
  if (text === '*') return text
  if (!text.includes('@')) return domainKey(text)
  const address = parseStoreAddress(text)
  return address === undefined ? undefined : `${address.localKey}@${address.domain}`
}

/** A relay's host: a name, or an address. */
export function relayHost(text: string): string | undefined {
  return isIP(text) === 0 ? domainKey(text) : text.toLowerCase()
}

/**
 * The order in which patterns are looked at. A sender's address says more than its domain, this more than everybody; of those,
 * a domain more than what lies below one, the longer the better; then what waits for more failures.
 */
export function comparePatterns(a: RelayPattern, b: RelayPattern): number {
  return (
    senderRank(b.sender) - senderRank(a.sender) ||
    recipientRank(b.recipient) - recipientRank(a.recipient) ||
    b.afterFailures - a.afterFailures ||
    (a.sender + a.recipient < b.sender + b.recipient ? -1 : 1)
  )
}

function senderRank(sender: string): number {
  if (sender === '*') return 0
  return sender.includes('@') ? 2 : 1
}

/** No domain is longer than 253 octets. */
function recipientRank(recipient: string): number {
  if (recipient === '*') return 0
  return recipient.startsWith('.') ? recipient.length : 1_000
}

/** Whether a message is what a pattern means. `sender`: the envelope's, empty for the null one. `failures`: attempts so far. */
export function matchesPattern(
  pattern: RelayPattern,
  message: { readonly sender: string; readonly domain: string; readonly failures: number },
): boolean {
  if (message.failures < pattern.afterFailures) return false
  return isRecipient(pattern.recipient, message.domain) && isSender(pattern.sender, message.sender)
}

function isRecipient(pattern: string, domain: string): boolean {
  if (pattern === '*') return true
  const name = domain.toLowerCase()
  return pattern.startsWith('.') ? name.endsWith(pattern) : name === pattern
}

function isSender(pattern: string, sender: string): boolean {
  if (pattern === '*') return true
  const address = sender === '' ? undefined : parseStoreAddress(sender)
  if (address === undefined) return false
  if (!pattern.includes('@')) return address.domain === pattern
  return `${address.localKey}@${address.domain}` === pattern
}
