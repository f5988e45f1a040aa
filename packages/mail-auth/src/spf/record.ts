import { isIPv4, isIPv6 } from 'node:net'
import { parseDomainSpec, parseMacroString, type MacroPiece } from './macro-string.ts'
import { addressOctets, ipv6Octets } from './network.ts'

/** What a directive says when its mechanism matches (RFC 7208 §4.6.2). */
export type Qualifier = 'pass' | 'fail' | 'softfail' | 'neutral'

/** A mechanism (RFC 7208 §5). Without a `target` it means the domain under check. */
export type Mechanism =
  | { readonly kind: 'all' }
  | { readonly kind: 'include' | 'exists'; readonly target: readonly MacroPiece[] }
  | { readonly kind: 'ptr'; readonly target?: readonly MacroPiece[] }
  | {
      readonly kind: 'a' | 'mx'
      readonly target?: readonly MacroPiece[]
      readonly bits4: number
      readonly bits6: number
    }
  | { readonly kind: 'ip'; readonly network: Uint8Array; readonly bits: number }

/** A directive as read, and as written. */
export interface Directive {
  readonly qualifier: Qualifier
  readonly mechanism: Mechanism
  readonly text: string
}

/** An SPF record (RFC 7208 §4.6.1). */
export interface SpfRecord {
  readonly directives: readonly Directive[]
  readonly redirect?: readonly MacroPiece[]
  readonly exp?: readonly MacroPiece[]
}

/** Reading a record: it, or the term that is none. */
export type RecordReading =
  | { readonly ok: true; readonly record: SpfRecord }
  | { readonly ok: false; readonly term: string }

/** True for a TXT record that is an SPF record, well written or not (RFC 7208 §4.5). */
export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text)
}

/** Reads a whole record first: an error anywhere is one, whatever would have matched before it (RFC 7208 §4.6). */
export function parseSpfRecord(text: string): RecordReading {
  const directives: Directive[] = []
  const modifiers = new Map<string, readonly MacroPiece[]>()
  for (const term of text.slice('v=spf1'.length).split(' ')) {
    if (term === '') continue
    const directive = parseDirective(term)
    if (directive !== undefined) directives.push(directive)
    else if (!readModifier(term, modifiers)) return { ok: false, term }
  }
  const redirect = modifiers.get('redirect')
  const exp = modifiers.get('exp')
  const record = {
    directives,
    ...(redirect === undefined ? {} : { redirect }),
    ...(exp === undefined ? {} : { exp }),
  }
  return { ok: true, record }
}

/** `modifier = redirect / explanation / unknown-modifier` (§4.6.1); the known two stand once at most (§6). */
function readModifier(term: string, modifiers: Map<string, readonly MacroPiece[]>): boolean {
  const found = /^([a-z][a-z0-9_.-]*)=(.*)$/i.exec(term)
  if (found === null) return false
  const name = found[1]?.toLowerCase() ?? ''
  const value = found[2] ?? ''
  if (name !== 'redirect' && name !== 'exp') return parseMacroString(value, 'domain') !== undefined
  const target = parseDomainSpec(value)
  if (target === undefined || modifiers.has(name)) return false
  modifiers.set(name, target)
  return true
}

const qualifiers: ReadonlyMap<string, Qualifier> = new Map([
  ['', 'pass'],
  ['+', 'pass'],
  ['-', 'fail'],
  ['~', 'softfail'],
  ['?', 'neutral'],
])

function parseDirective(term: string): Directive | undefined {
  const found = /^([+?~-]?)([a-z][a-z0-9]*)((?:[:/].*)?)$/i.exec(term)
  const qualifier = qualifiers.get(found?.[1] ?? '')
  if (found === null || qualifier === undefined) return undefined
  const mechanism = parseMechanism(found[2]?.toLowerCase() ?? '', found[3] ?? '')
  return mechanism === undefined ? undefined : { qualifier, mechanism, text: term }
}

function parseMechanism(name: string, rest: string): Mechanism | undefined {
  if (name === 'all') return rest === '' ? { kind: 'all' } : undefined
  if (name === 'ip4') return parseIp4(rest)
  if (name === 'ip6') return parseIp6(rest)
  if (name === 'a' || name === 'mx') return parseHosts(name, rest)
  if (name === 'ptr' && rest === '') return { kind: 'ptr' }
  if (name !== 'include' && name !== 'exists' && name !== 'ptr') return undefined
  const target = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : undefined
  return target === undefined ? undefined : { kind: name, target }
}

/** `"a" [ ":" domain-spec ] [ dual-cidr-length ]` (§5.3, §5.4). */
function parseHosts(kind: 'a' | 'mx', rest: string): Mechanism | undefined {
  const found = /^(.*?)(?:\/(0|[1-9]\d?))?(?:\/\/(0|[1-9]\d{0,2}))?$/.exec(rest)
  if (found === null) return undefined
  const bits4 = Number(found[2] ?? 32)
  const bits6 = Number(found[3] ?? 128)
  if (bits4 > 32 || bits6 > 128) return undefined
  const domain = found[1] ?? ''
  if (domain === '') return { kind, bits4, bits6 }
  const target = domain.startsWith(':') ? parseDomainSpec(domain.slice(1)) : undefined
  return target === undefined ? undefined : { kind, target, bits4, bits6 }
}

/** `"ip4" ":" ip4-network [ ip4-cidr-length ]` (§5.6). */
function parseIp4(rest: string): Mechanism | undefined {
  const found = /^:([\d.]+)(?:\/(0|[1-9]\d?))?$/.exec(rest)
  const address = found?.[1] ?? ''
  const bits = Number(found?.[2] ?? 32)
  if (!isIPv4(address) || bits > 32) return undefined
  const network = addressOctets(address)
  return network === undefined ? undefined : { kind: 'ip', network, bits }
}

/** `"ip6" ":" ip6-network [ ip6-cidr-length ]` (§5.6). */
function parseIp6(rest: string): Mechanism | undefined {
  const found = /^:([\da-f:.]+)(?:\/(0|[1-9]\d{0,2}))?$/i.exec(rest)
  const address = found?.[1] ?? ''
  const bits = Number(found?.[2] ?? 128)
  if (!isIPv6(address) || bits > 128) return undefined
  return { kind: 'ip', network: ipv6Octets(address), bits }
}
