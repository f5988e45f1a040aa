/** One extension of a certificate (RFC 5280 §4.1.2.9). */
export interface CertificateExtension {
  readonly isCritical: boolean
  /** The DER in its OCTET STRING. */
  readonly value: Buffer
}

/** What node:crypto does not tell of a certificate. */
export interface CertificateFields {
  /** SubjectPublicKeyInfo as it stands there: written anew it might differ (RFC 6698 §2.1.2). */
  readonly spki: Buffer
  /** By the octets of the object identifier, as hex. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>
}

interface Der {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content. */
  readonly whole: Buffer
}

/** Reads a certificate's DER (RFC 5280 §4.1); undefined when it is not one. */
export function readCertificate(raw: Buffer): CertificateFields | undefined {
  const parts = items(items(items(raw)?.[0]?.content)?.[0]?.content)
  if (parts === undefined) return undefined
  // version [0] is left out of certificates of version 1, which have no extensions either.
  const hasVersion = parts[0]?.tag === 0xa0
  // Behind the serial number: signature, issuer, validity, subject, subjectPublicKeyInfo.
  const spki = parts[hasVersion ? 6 : 5]
  const list = parts.find(({ tag }) => tag === 0xa3)
  const each = list === undefined ? [] : items(items(list.content)?.[0]?.content)
  if (spki === undefined || each === undefined) return undefined
  const extensions = new Map<string, CertificateExtension>()
  for (const extension of each) {
    const fields = items(extension.content)
    const id = fields?.[0]
    const value = fields?.at(-1)
    if (id?.tag !== 0x06 || value?.tag !== 0x04 || fields === undefined) return undefined
    const isCritical = fields.length === 3 && fields[1]?.content[0] === 0xff
    extensions.set(id.content.toString('hex'), { isCritical, value: value.content })
  }
  return { spki: spki.whole, extensions }
}

/** What a certificate may sign. */
export interface Authority {
  readonly isAuthority: boolean
  /** Authorities that may stand between it and the leaf; undefined: any number. */
  readonly pathLength: number | undefined
}

/** BasicConstraints and KeyUsage (RFC 5280 §4.2.1.9, §4.2.1.3). */
export function authorityOf({ extensions }: CertificateFields): Authority {
  const usage = items(extensions.get(keyUsage)?.value)?.[0]?.content
  // keyCertSign is bit 5; the first octet counts the unused bits.
  const maySign = usage === undefined || ((usage[1] ?? 0) & 0b0000_0100) !== 0
  const constraints = items(items(extensions.get(basicConstraints)?.value)?.[0]?.content) ?? []
  const isAuthority = constraints[0]?.tag === 0x01 && constraints[0].content[0] === 0xff
  const length = constraints.find(({ tag }) => tag === 0x02)?.content
  return {
    isAuthority: isAuthority && maySign,
    pathLength: length === undefined ? undefined : numberOf(length),
  }
}

/** What is no length of a path allows none. */
function numberOf(octets: Buffer): number {
  return octets.length === 0 || octets.length > 4 ? 0 : octets.readUIntBE(0, octets.length)
}

/** Whether it says something that must be understood and is not looked at here (RFC 5280 §4.2). */
export function isBeyondUs({ extensions }: CertificateFields): boolean {
  // What names an authority may vouch for must be obeyed, and is not.
  if (extensions.has(nameConstraints)) return true
  return [...extensions].some(([id, { isCritical }]) => isCritical && !understood.has(id))
}

const basicConstraints = '551d13'
const keyUsage = '551d0f'
const nameConstraints = '551d1e'
/** Beside those: subjectAltName, extKeyUsage, and certificatePolicies, any of which will do. */
const understood = new Set([basicConstraints, keyUsage, '551d11', '551d25', '551d20'])

/** The DER values in a row; undefined where it is none. */
function items(octets: Buffer | undefined): readonly Der[] | undefined {
  if (octets === undefined) return undefined
  const found: Der[] = []
  for (let at = 0; at < octets.length;) {
    const one = itemAt(octets, at)
    if (one === undefined) return undefined
    found.push(one)
    at += one.whole.length
  }
  return found
}

function itemAt(octets: Buffer, at: number): Der | undefined {
  const tag = octets[at]
  const first = octets[at + 1]
  if (tag === undefined || first === undefined) return undefined
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f
  // 2^24 octets are more than any certificate; indefinite length is not DER.
  if (first === 0x80 || lengthOctets > 3 || at + 2 + lengthOctets > octets.length) return undefined
  const length = lengthOctets === 0 ? first : octets.readUIntBE(at + 2, lengthOctets)
  const start = at + 2 + lengthOctets
  if (start + length > octets.length) return undefined
  return {
    tag,
    content: octets.subarray(start, start + length),
    whole: octets.subarray(at, start + length),
  }
}
