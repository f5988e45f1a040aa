import { createPublicKey, sign, type KeyObject } from 'node:crypto'
import { extension, generalName, spki } from './certificates.ts'
import { bitString, der, integer, oid, sequence, setOf } from './der.ts'

/** ecdsa-with-SHA256 (RFC 5758 §3.2), sha256WithRSAEncryption (RFC 4055 §5). */
const signatureAlgorithms = {
  ec: sequence(oid('1.2.840.10045.4.3.2')),
  rsa: sequence(oid('1.2.840.113549.1.1.11'), der(0x05)),
}

/**
 * A request for a certificate (PKCS #10, RFC 2986 §4), DER: an empty subject, and the names where they count, in
 * subjectAltName. `key`: P-256 or RSA, private.
 */
export function certificateRequest(key: KeyObject, names: readonly string[]): Buffer {
  const isRsa = key.asymmetricKeyType === 'rsa'
  // RFC 2985 §5.4.2: extensionRequest.
  const extensions = sequence(
    oid('1.2.840.113549.1.9.14'),
    setOf(sequence(extension('2.5.29.17', false, sequence(...names.map(generalName))))),
  )
  const info = sequence(
    integer(Buffer.of(0)),
    sequence(),
    spki(createPublicKey(key)),
    der(0xa0, extensions),
  )
  const algorithm = isRsa ? signatureAlgorithms.rsa : signatureAlgorithms.ec
  return sequence(info, algorithm, bitString(sign('sha256', info, key)))
}
