import { hasDnsLengths, isWithin } from '../domain-name.ts'
import type { Asker } from '../questions.ts'
import { addressOctets } from './network.ts'
import type { MacroPiece } from './macro-string.ts'

/** What macros stand for (RFC 7208 §7.2), besides the domain under check. */
export interface MacroContext {
  /** The client's address, as text. */
  readonly address: string
  /** The sender's local part; `postmaster` where there is none (§4.3). */
  readonly local: string
  readonly senderDomain: string
  readonly helo: string
  /** The name of this host, for explanations. */
  readonly receiver: string
  readonly at: Date
}

/** Names of an address that lead back to it, at most ten tried (RFC 7208 §5.5, §4.6.4); failures count as none. */
export async function validatedNames(address: string, asker: Asker): Promise<readonly string[]> {
  const answer = await asker.ptr(address)
  if (answer.kind !== 'records') return []
  const names: string[] = []
  const octets = addressOctets(address)
  for (const name of answer.records.slice(0, 10)) {
    const forward = await (octets?.length === 4 ? asker.a(name) : asker.aaaa(name))
    if (forward.kind === 'records' && forward.records.some((each) => isSameAddress(each, address)))
      names.push(name.toLowerCase())
  }
  return names
}

/** True for two spellings of one address. */
export function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [addressOctets(one), addressOctets(other)]
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

/**
 * Expands a macro-string. Undefined where it wants the sender's local part and that is not ASCII: terms with it match nothing
 * (RFC 8616 §4).
 */
export async function expandMacros(
  pieces: readonly MacroPiece[],
  domain: string,
  context: MacroContext,
  asker: Asker,
): Promise<string | undefined> {
  const parts: string[] = []
  for (const piece of pieces) {
    if (piece.kind === 'text') parts.push(piece.text)
    else {
      const value = await macroValue(piece.letter, domain, context, asker)
      if (value === undefined) return undefined
      parts.push(transform(value, piece))
    }
  }
  return parts.join('')
}

/**
 * The domain that a domain-spec names: too long ones lose labels from the left (RFC 7208 §7.3). Undefined where nothing can be
 * found at it.
 */
export async function expandDomain(
  pieces: readonly MacroPiece[],
  domain: string,
  context: MacroContext,
  asker: Asker,
): Promise<string | undefined> {
  let expanded = await expandMacros(pieces, domain, context, asker)
  if (expanded === undefined) return undefined
  if (expanded.endsWith('.')) expanded = expanded.slice(0, -1)
  while (expanded.length > 253 && expanded.includes('.'))
    expanded = expanded.slice(expanded.indexOf('.') + 1)
  return hasDnsLengths(expanded) ? expanded.toLowerCase() : undefined
}

function transform(value: string, piece: MacroPiece & { readonly kind: 'macro' }): string {
  const parts: string[] = ['']
  for (const character of value) {
    if (piece.delimiters.includes(character)) parts.push('')
    else parts[parts.length - 1] += character
  }
  if (piece.isReversed) parts.reverse()
  const kept = piece.keep === undefined ? parts : parts.slice(-piece.keep)
  const joined = kept.join('.')
  return piece.isEscaped ? escapeUrl(joined) : joined
}

/** All but the unreserved characters of RFC 3986 §2.3 (RFC 7208 §7.3). */
function escapeUrl(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

async function macroValue(
  letter: string,
  domain: string,
  context: MacroContext,
  asker: Asker,
): Promise<string | undefined> {
  const { address, local, senderDomain, helo } = context
  switch (letter) {
    case 's':
      return isAscii(local) ? `${local}@${senderDomain}` : undefined
    case 'l':
      return isAscii(local) ? local : undefined
    case 'o':
      return senderDomain
    case 'd':
      return domain
    case 'i':
      return dotted(address)
    case 'p':
      return clientName(domain, await validatedNames(address, asker))
    case 'v':
      return addressOctets(address)?.length === 4 ? 'in-addr' : 'ip6'
    case 'h':
      return helo
    case 'c':
      return readable(address)
    case 'r':
      return context.receiver
    default:
      return String(Math.floor(context.at.getTime() / 1000))
  }
}

/** The domain itself, else one below it, else any, else `unknown` (RFC 7208 §7.3). */
function clientName(domain: string, names: readonly string[]): string {
  return (
    names.find((name) => name === domain) ??
    names.find((name) => isWithin(name, domain)) ??
    names[0] ??
    'unknown'
  )
}

/** IPv6 addresses as nibbles (RFC 7208 §7.3). */
function dotted(address: string): string {
  const octets = addressOctets(address) ?? new Uint8Array()
  if (octets.length === 4) return octets.join('.')
  return Array.from(Buffer.from(octets).toString('hex').toUpperCase()).join('.')
}

function readable(address: string): string {
  const octets = addressOctets(address)
  return octets?.length === 4 ? octets.join('.') : address.toLowerCase()
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
