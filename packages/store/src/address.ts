import { domainToASCII } from 'node:url'

/** An address as the store looks it up and shows it. */
export interface StoreAddress {
  /** The local part as it was written, NFC. */
  readonly localPart: string
  /** What it is compared by: NFC, lower case (DESIGN: local parts compare case-insensitively). */
  readonly localKey: string
  /** Lower-case A-label. */
  readonly domain: string
}

const maxLocalOctets = 64 // RFC 5321 §4.5.3.1.1
const maxAddressOctets = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets

/**
 * A domain as lower-case A-label (RFC 5890 §2.3.2.1), or undefined if it cannot be one. A trailing dot is dropped; what
 * URLs would read as an IPv4 address (`1.2`, `0x7f.1`) is no domain here.
 */
export function domainKey(domain: string): string | undefined {
  const name = domain.endsWith('.') ? domain.slice(0, -1) : domain
  if (/[\s/?#@:%[\]\\]/.test(name) || name.length > 1_000) return undefined
  const ascii = domainToASCII(name)
  if (ascii === '' || ascii.length > 253 || /^[\d.]+$/.test(ascii)) return undefined
  const labels = ascii.split('.')
  return labels.every(isLabel) ? ascii : undefined
}

function isLabel(label: string): boolean {
  return /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)
}

/** What a local part is compared by. */
export function localPartKey(localPart: string): string {
  return localPart.normalize('NFC').toLowerCase().normalize('NFC')
}

/**
 * Splits `local@domain` at the last `@` and checks what the store must rely on: lengths, no controls, no empty part. A
 * quoted local part is unquoted (RFC 5321 §4.1.2: the quotes are not part of it). Undefined for anything else.
 */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  const at = text.lastIndexOf('@')
  if (at <= 0) return undefined
  const domain = domainKey(text.slice(at + 1))
  const localPart = unquote(text.slice(0, at)).normalize('NFC')
  if (domain === undefined || localPart === '') return undefined
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(localPart) || !localPart.isWellFormed()) return undefined
  const octets = Buffer.byteLength(localPart)
  if (octets > maxLocalOctets || octets + 1 + domain.length > maxAddressOctets) return undefined
  return { localPart, localKey: localPartKey(localPart), domain }
}

/** `local@domain` for people and headers, the local part quoted again where RFC 5321 §4.1.2 asks for it. */
export function formatStoreAddress(address: Pick<StoreAddress, 'localPart' | 'domain'>): string {
  const { localPart, domain } = address
  const isDotString =
    /^[\w!#$%&'*+\-/=?^`{|}~\u0080-\u{10ffff}]+(\.[\w!#$%&'*+\-/=?^`{|}~\u0080-\u{10ffff}]+)*$/u
  if (isDotString.test(localPart)) return `${localPart}@${domain}`
  return `"${localPart.replaceAll(/["\\]/g, String.raw`\$&`)}"@${domain}`
}

function unquote(localPart: string): string {
  const inside = /^"((?:[^"\\]|\\.)*)"$/su.exec(localPart)?.[1]
  return inside === undefined ? localPart : inside.replaceAll(/\\(.)/gsu, '$1')
}
