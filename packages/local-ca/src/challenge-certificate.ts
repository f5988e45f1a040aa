import {
  certificate,
  extension,
  generalName,
  keyPem,
  nameOf,
  newKeys,
  type CertificatePair,
} from './certificates.ts'
import { octetString, sequence } from './der.ts'

const day = 86_400_000

/**
 * The certificate that answers tls-alpn-01 for a name (RFC 8737 §3): self-signed, with `digest`, the SHA-256 of the key
 * authorization, in acmeIdentifier.
 */
export function challengeCertificate(name: string, digest: Buffer): CertificatePair {
  const { publicKey, privateKey } = newKeys()
  const subject = nameOf('challenge')
  const validity = {
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 7 * day),
  }
  const cert = certificate(subject, subject, validity, publicKey, privateKey, [
    extension('2.5.29.17', false, sequence(generalName(name))),
    extension('1.3.6.1.5.5.7.1.31', true, octetString(digest)),
  ])
  return { cert, key: keyPem(privateKey) }
}
