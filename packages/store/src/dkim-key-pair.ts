import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { DkimAlgorithm } from './dkim-keys.ts'

const generate = promisify(generateKeyPair)

/** A key pair in the forms it is kept in. */
export interface DkimKeyPair {
  /** As in the record's `p=`. */
  readonly publicKey: string
  /** PKCS #8. */
  readonly privateKey: Buffer
}

/**
 * Makes a pair, beside the event loop. RFC 8301 §3.2: "Signers SHOULD use RSA keys of at least 2048 bits"; larger ones do not fit
 * into one answer of DNS.
 */
export async function makeDkimKeyPair(algorithm: DkimAlgorithm): Promise<DkimKeyPair> {
  const { publicKey, privateKey } =
    algorithm === 'rsa-2048'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ed25519', undefined)
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  // RFC 8463 §4: the 32 octets of the key, which end its SubjectPublicKeyInfo (RFC 8410 §4).
  const bare = algorithm === 'rsa-2048' ? spki : spki.subarray(-32)
  return {
    publicKey: bare.toString('base64'),
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
  }
}

/** A private key as it was kept, ready to sign. */
export function readDkimPrivateKey(octets: Buffer): KeyObject {
  return createPrivateKey({ key: octets, format: 'der', type: 'pkcs8' })
}
