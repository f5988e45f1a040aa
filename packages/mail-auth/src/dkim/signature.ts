import { foreignText } from '../foreign-text.ts'
import { addressDomain, domainName, isWithin } from '../domain-name.ts'
import { clockSkewSeconds, maxSignatureBytes } from '../limits.ts'
import type { Field } from '../message-view.ts'
import { colonList, parseTagList, withoutFws, type Tag } from '../tag-list.ts'
import type { DkimResult } from '../verdict.ts'
import type { Canonicalization } from './canonical-header.ts'

/** What DKIM signatures and ARC-Message-Signatures have in common, read and found well. */
export interface Signature {
  readonly field: Field
  readonly tags: ReadonlyMap<string, Tag>
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  readonly domain: string
  readonly selector: string
  readonly headerCanonicalization: Canonicalization
  readonly bodyCanonicalization: Canonicalization
  readonly names: readonly string[]
  readonly bodyHash: string
  readonly signature: Buffer
  /** `l=` */
  readonly limit?: number
}

/** A refusal: what it is called in results, and why. */
export interface Refusal {
  readonly result: Extract<DkimResult, 'neutral' | 'permerror' | 'policy' | 'fail'>
  readonly because: string
}

/** What a signature says of itself, as far as it can be read; for showing it, whatever comes of it. */
export interface SignatureFacts {
  readonly domain: string
  readonly selector: string
  readonly identity: string
  readonly algorithm: string
  readonly signature: string
}

/** Octets are characters in fields; names in them may be UTF-8 (RFC 8616 §3). */
export function utf8(octets: string): string {
  return /[\x80-\xff]/.test(octets) ? Buffer.from(octets, 'latin1').toString('utf8') : octets
}

/** Reads what can be read of any signature field. */
export function signatureFacts(tags: ReadonlyMap<string, Tag> | undefined): SignatureFacts {
  const value = (name: string) => tags?.get(name)?.value ?? ''
  const domain = domainName(utf8(value('d'))) ?? ''
  const identity = decodeQuoted(withoutFws(value('i')))
  return {
    domain,
    selector: foreignText(utf8(value('s')), 255),
    identity: identity === '' ? `@${domain}` : foreignText(identity, 320),
    algorithm: foreignText(utf8(value('a')).toLowerCase(), 64),
    // RFC 6008 §3: eight characters, or more; here always eight.
    signature: foreignText(withoutFws(value('b')), 8),
  }
}

/** A list of tags out of a signature field, or the refusal. */
export function signatureTags(field: Field): ReadonlyMap<string, Tag> | Refusal {
  if (field.value.length > maxSignatureBytes)
    return { result: 'policy', because: `longer than ${maxSignatureBytes} octets` }
  const list = parseTagList(field.value)
  return list.ok ? list.tags : { result: 'neutral', because: list.because }
}

/** Reads the tags that DKIM-Signature and ARC-Message-Signature share (RFC 6376 §3.5, §6.1.1; RFC 8617 §4.1.2). */
export function readSignature(field: Field, tags: ReadonlyMap<string, Tag>): Signature | Refusal {
  const missing = ['a', 'b', 'bh', 'd', 'h', 's'].find((name) => !tags.has(name))
  if (missing !== undefined) return unreadable(`tag ${missing} is missing`)
  const value = (name: string) => tags.get(name)?.value ?? ''
  const algorithm = readAlgorithm(value('a'))
  if (typeof algorithm !== 'string') return algorithm
  const domain = domainName(utf8(value('d')))
  const selector = domainName(utf8(value('s')))
  if (domain === undefined || selector === undefined || !isHostName.test(`${selector}.${domain}`))
    return unreadable('d= or s= is no domain name')
  const canonicalizations = readCanonicalizations(tags.get('c')?.value)
  const bodyHash = readBase64(value('bh'))
  const signature = readBase64(value('b'))
  if (canonicalizations === undefined) return unreadable('unknown c=')
  if (bodyHash === undefined || signature === undefined) return unreadable('b= or bh= is no base64')
  const limit = tags.get('l')?.value
  if (limit !== undefined && !/^\d{1,76}$/.test(limit)) return unreadable('l= is no number')
  return {
    field,
    tags,
    algorithm,
    domain,
    selector,
    ...canonicalizations,
    names: colonList(value('h')),
    bodyHash: bodyHash.toString('base64'),
    signature,
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  }
}

/** What only a DKIM-Signature must meet (RFC 6376 §6.1.1), after `readSignature`. */
export function dkimRefusal(signature: Signature, at: Date): Refusal | undefined {
  const { tags, domain, names } = signature
  // "v=" is required, and 1 (§3.5: compared as a string).
  if (tags.get('v')?.value !== '1') return unreadable('v= is not 1')
  const query = tags.get('q')?.value
  if (query !== undefined && !colonList(query).includes('dns/txt')) return unreadable('unknown q=')
  if (names.some((name) => !isFieldName.test(name))) return unreadable('h= is no list of names')
  if (!names.some((name) => name.toLowerCase() === 'from'))
    return { result: 'permerror', because: 'From is not signed' }
  const identity = tags.get('i')?.value
  if (identity !== undefined && !isIdentityOf(identity, domain))
    return { result: 'permerror', because: 'i= is not within d=' }
  return timeRefusal(tags, at)
}

/** `t=` and `x=` (RFC 6376 §3.5), our clock and the signer's allowed to differ. */
function timeRefusal(tags: ReadonlyMap<string, Tag>, at: Date): Refusal | undefined {
  const made = tags.get('t')?.value
  const expires = tags.get('x')?.value
  if (made !== undefined && !/^\d+$/.test(made)) return unreadable('t= is no number')
  if (expires !== undefined && !/^\d{1,76}$/.test(expires)) return unreadable('x= is no number')
  const now = at.getTime() / 1000
  if (expires !== undefined && made !== undefined && Number(expires) <= Number(made))
    return { result: 'permerror', because: 'it expires before it was made' }
  if (expires !== undefined && Number(expires) + clockSkewSeconds < now)
    return { result: 'permerror', because: 'it has expired' }
  if (made !== undefined && Number(made) - clockSkewSeconds > now)
    return { result: 'policy', because: 'it was made in the future' }
  return undefined
}

function isIdentityOf(value: string, domain: string): boolean {
  const identity = decodeQuoted(withoutFws(value))
  const own = identity.includes('@') ? addressDomain(identity) : undefined
  return own !== undefined && isWithin(own, domain)
}

/** Historic algorithms fail for good (RFC 8301 §3.1). */
function readAlgorithm(value: string): Signature['algorithm'] | Refusal {
  const algorithm = value.toLowerCase()
  if (algorithm === 'rsa-sha256' || algorithm === 'ed25519-sha256') return algorithm
  if (algorithm === 'rsa-sha1')
    return { result: 'permerror', because: 'rsa-sha1 signs nothing any more' }
  return unreadable('unknown a=')
}

/** `c=`: simple/simple without it; the body's is simple where it names one only (RFC 6376 §3.5). */
function readCanonicalizations(
  value = 'simple',
): Pick<Signature, 'headerCanonicalization' | 'bodyCanonicalization'> | undefined {
  const found = /^(simple|relaxed)(?:\/(simple|relaxed))?$/i.exec(value)
  if (found === null) return undefined
  return {
    headerCanonicalization: found[1]?.toLowerCase() === 'relaxed' ? 'relaxed' : 'simple',
    bodyCanonicalization: found[2]?.toLowerCase() === 'relaxed' ? 'relaxed' : 'simple',
  }
}

/** `base64string` (RFC 6376 §2.10): at least one character, and up to two `=` whether they fill it up or not. */
function readBase64(value: string): Buffer | undefined {
  const bare = withoutFws(value)
  return /^[A-Za-z0-9+/]+={0,2}$/.test(bare) ? Buffer.from(bare, 'base64') : undefined
}

/** `dkim-quoted-printable` (RFC 6376 §2.11). */
function decodeQuoted(value: string): string {
  return utf8(
    value.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
  )
}

function unreadable(because: string): Refusal {
  return { result: 'neutral', because }
}

/** `domain-name` and `selector` are sub-domains in the sense of RFC 5321 §4.1.2; underscores are seen in selectors. */
const isHostName = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/
/** `hdr-name = field-name` (RFC 5322 §3.6.8), without the semicolon (RFC 6376 §3.5). */
const isFieldName = /^[\x21-\x39\x3c-\x7e]+$/
