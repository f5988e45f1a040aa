import type { X509Certificate } from 'node:crypto'
import type { AcmeClient } from './acme-client.ts'
import { fieldOf } from './acme-problem.ts'

/** id-ce-authorityKeyIdentifier, as it stands in a certificate (RFC 5280 §4.2.1.1): its OID, DER. */
const authorityKeyId = Buffer.from('0603551d23', 'hex')

/**
 * How a certificate is named in renewal information and in `replaces` (RFC 9773 §4.1): its issuer's key and its serial number.
 * Undefined for one that does not name its issuer's key.
 */
export function renewalIdentifier(certificate: X509Certificate): string | undefined {
  const { raw } = certificate
  const at = raw.indexOf(authorityKeyId)
  if (at < 0) return undefined
  // OCTET STRING { SEQUENCE { [0] keyIdentifier … } }, all of them short.
  const value = at + authorityKeyId.length
  const [octets, , sequence, , tag, length = 0] = raw.subarray(value, value + 6)
  if (octets !== 0x04 || sequence !== 0x30 || tag !== 0x80 || length > 0x7f) return undefined
  const key = raw.subarray(value + 6, value + 6 + length)
  // The serial's DER content: with a zero before a high bit.
  const digits = certificate.serialNumber
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`
  const serial = Buffer.from(/^[89A-F]/i.test(hex) ? `00${hex}` : hex, 'hex')
  return `${key.toString('base64url')}.${serial.toString('base64url')}`
}

/** When an authority wants a certificate to be renewed. */
export interface RenewalWindow {
  readonly start: Date
  readonly end: Date
}

/** Asks for it; undefined where the authority does not say, or not in words that can be read (RFC 9773 §4.2). */
export async function renewalWindow(
  client: AcmeClient,
  certificate: X509Certificate,
): Promise<RenewalWindow | undefined> {
  const resource = await client.resource('renewalInfo')
  const identifier = renewalIdentifier(certificate)
  if (resource === undefined || identifier === undefined) return undefined
  const window = fieldOf(await client.get(`${resource}/${identifier}`), 'suggestedWindow')
  const [start, end] = ['start', 'end'].map((name) => new Date(String(fieldOf(window, name))))
  if (start === undefined || end === undefined) return undefined
  return end.getTime() > start.getTime() ? { start, end } : undefined
}
