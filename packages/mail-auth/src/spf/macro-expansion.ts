import { hasDnsLengths, isWithin } from '../domain-name.ts'
import type { Asker } from '../questions.ts'
import { addressOctets, isSameAddress } from './network.ts'
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

/** Names of the client that are tried (RFC 7208 §4.6.4). */
const maxNames = 10

/** Expands the macros of one sender's check (RFC 7208 §7). */
export class MacroExpander {
  readonly #context: MacroContext
  readonly #asker: Asker
  #names: Promise<readonly string[]> | undefined

  constructor(context: MacroContext, asker: Asker) {
    this.#context = context
    this.#asker = asker
  }

  /** Names of the client that lead back to it, found once; failures count as none (RFC 7208 §5.5). */
  validatedNames(): Promise<readonly string[]> {
    this.#names ??= this.#findNames()
    return this.#names
  }

  /**
   * Expands a macro-string. Undefined where it wants the sender's local part and that is not ASCII: terms with it match nothing
   * (RFC 8616 §4).
   */
  async expand(pieces: readonly MacroPiece[], domain: string): Promise<string | undefined> {
    const parts: string[] = []
    for (const piece of pieces) {
      if (piece.kind === 'text') parts.push(piece.text)
      else {
        const value = await this.#value(piece.letter, domain)
        if (value === undefined) return undefined
        parts.push(transform(value, piece))
      }
    }
    return parts.join('')
  }

  /**
   * The domain that a domain-spec names: too long ones lose labels from the left (RFC 7208 §7.3). Undefined where nothing can
   * be found at it.
   */
  async domain(pieces: readonly MacroPiece[], domain: string): Promise<string | undefined> {
    const expanded = (await this.expand(pieces, domain))?.replace(/\.$/, '')
    if (expanded === undefined) return undefined
    const tooMuch = expanded.length - 253
    const dot = tooMuch > 0 ? expanded.indexOf('.', tooMuch - 1) : -1
    const name = expanded.slice(dot + 1)
    return hasDnsLengths(name) ? name.toLowerCase() : undefined
  }

  async #findNames(): Promise<readonly string[]> {
    const { address } = this.#context
    const answer = await this.#asker.ptr(address)
    if (answer.kind !== 'records') return []
    const isFour = addressOctets(address)?.length === 4
    const names: string[] = []
    for (const name of answer.records.slice(0, maxNames)) {
      const forward = await (isFour ? this.#asker.a(name) : this.#asker.aaaa(name))
      if (forward.kind !== 'records') continue
      if (forward.records.some((each) => isSameAddress(each, address)))
        names.push(name.toLowerCase())
    }
    return names
  }

  async #value(letter: string, domain: string): Promise<string | undefined> {
    if (letter === 'p') return clientName(domain, await this.validatedNames())
    return macroValue(letter, domain, this.#context)
  }
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

function macroValue(letter: string, domain: string, context: MacroContext): string | undefined {
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
    case 'v':
      return addressOctets(address)?.length === 4 ? 'in-addr' : 'ip6'
    case 'h':
      return helo
    case 'c':
      return address.toLowerCase()
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

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
