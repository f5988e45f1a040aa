import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  der,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8,
  yes,
} from './der.ts'
import { addressOctets } from './address-octets.ts'

/** A certificate and its key, as PEM; a leaf's `cert` is followed by its issuer's. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** How long a certificate is good for. */
export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** ecdsa-with-SHA256 (RFC 5758 §3.2). */
const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'))

/** A self-signed authority on P-256 that may sign leaves and nothing else. */
export function createAuthority(name: string, validity: Validity): CertificatePair {
  const { publicKey, privateKey } = newKeys()
  const subject = nameOf(name)
  const cert = certificate(subject, subject, validity, publicKey, privateKey, [
    // A path length of 0: no authorities below this one (RFC 5280 §4.2.1.9).
    extension('2.5.29.19', true, sequence(yes, integer(Buffer.from([0])))),
    // keyCertSign and cRLSign, bits 5 and 6 (RFC 5280 §4.2.1.3).
    extension('2.5.29.15', true, bitString(Buffer.from([0b0000_0110]), 1)),
    extension('2.5.29.14', false, octetString(keyId(publicKey))),
  ])
  return { cert, key: keyPem(privateKey) }
}

/** A server certificate for host names and IP addresses, signed by `authority`. */
export function issueCertificate(
  authority: CertificatePair,
  names: readonly string[],
  validity: Validity,
): CertificatePair {
  const { publicKey, privateKey } = newKeys()
  const issuer = new X509Certificate(authority.cert)
  const issuerId = der(0x80, keyId(issuer.publicKey))
  const cert = certificate(
    nameOf(issuer.subject.replace(/^CN=/, '')),
    nameOf(commonName(names)),
    validity,
    publicKey,
    createPrivateKey(authority.key),
    [
      extension('2.5.29.19', true, sequence()),
      // digitalSignature, bit 0.
      extension('2.5.29.15', true, bitString(Buffer.from([0b1000_0000]), 7)),
      // id-kp-serverAuth (RFC 5280 §4.2.1.12).
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, sequence(...names.map(generalName))),
      extension('2.5.29.35', false, sequence(issuerId)),
      extension('2.5.29.14', false, octetString(keyId(publicKey))),
    ],
  )
  return { cert: cert + authority.cert, key: keyPem(privateKey) }
}

/** A signed certificate as PEM (RFC 5280 §4.1). */
export function certificate(
  issuer: Buffer,
  subject: Buffer,
  { notBefore, notAfter }: Validity,
  publicKey: KeyObject,
  signingKey: KeyObject,
  extensions: readonly Buffer[],
): string {
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(newSerial()),
    signatureAlgorithm,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki(publicKey),
    der(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', toBeSigned, signingKey)
  return pem('CERTIFICATE', sequence(toBeSigned, signatureAlgorithm, bitString(signature)))
}

/** One extension (RFC 5280 §4.2). */
export function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octetString(value))
}

/** A host name or an address (RFC 5280 §4.2.1.6): dNSName is [2], iPAddress is [7]. */
export function generalName(name: string): Buffer {
  return isIP(name) === 0 ? der(0x82, Buffer.from(name, 'latin1')) : der(0x87, addressOctets(name))
}

/** A distinguished name of one common name. */
export function nameOf(text: string): Buffer {
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8(text))))
}

/** RFC 5280 appendix A.1, ub-common-name: at most 64 characters; the names that count are in the SAN. */
function commonName(names: readonly string[]): string {
  return names.find((name) => name.length <= 64) ?? 'posthouse'
}

/** A key pair on P-256. */
export function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, unguessable. */
function newSerial(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

/** RFC 5280 §4.2.1.2, method (1): the SHA-1 of the key's bits; an uncompressed point of 65 octets. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(spki(key).subarray(-65)).digest()
}

/** A public key's SubjectPublicKeyInfo, DER. */
export function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** A private key as PEM, PKCS #8. */
export function keyPem(key: KeyObject): string {
  return pem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' }))
}

/** PEM (RFC 7468). */
export function pem(label: string, octets: Buffer): string {
  const lines = octets.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
