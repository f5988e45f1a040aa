import { createHash, verify } from 'node:crypto'
import { maxKeyRecords } from '../limits.ts'
import type { Asker } from '../questions.ts'
import { readKeyRecord, type SigningKey } from './key-record.ts'
import type { Refusal, Signature } from './signature.ts'

/** A verification that came out well, with the key that did it. */
export interface Verified {
  readonly result: 'pass'
  readonly key: SigningKey
}

/** Why it did not; `temperror` where DNS did not answer. */
export type Unverified = Refusal | { readonly result: 'temperror'; readonly because: string }

/**
 * Fetches the key of a signature (RFC 6376 §6.1.2, §3.6.2) and verifies `signed` with it. There shall be one key record; where
 * there are more, one that does is enough.
 */
export async function verifyWithKey(
  signature: Pick<Signature, 'algorithm' | 'domain' | 'selector' | 'signature'>,
  signed: string,
  asker: Asker,
): Promise<Verified | Unverified> {
  const name = `${signature.selector}._domainkey.${signature.domain}`
  const answer = await asker.txt(name)
  if (answer.kind === 'temporary')
    return { result: 'temperror', because: `${name} is not answered: ${answer.because}` }
  if (answer.kind !== 'records')
    return { result: 'permerror', because: `there is no key at ${name}` }
  let best: Refusal = { result: 'permerror', because: `there is no key at ${name}` }
  for (const text of answer.records.slice(0, maxKeyRecords)) {
    const key = readKeyRecord(text, signature)
    if ('result' in key) best = best.result === 'fail' ? best : key
    else if (isSignedBy(key, signature, signed)) return { result: 'pass', key }
    else best = { result: 'fail', because: 'the signature does not match the header' }
  }
  return best
}

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 6376 §3.3.1); Ed25519 over the SHA-256 hash (RFC 8463 §3). */
function isSignedBy(
  { key }: SigningKey,
  { algorithm, signature }: Pick<Signature, 'algorithm' | 'signature'>,
  signed: string,
): boolean {
  const octets = Buffer.from(signed, 'latin1')
  try {
    if (algorithm === 'rsa-sha256') return verify('sha256', octets, key, signature)
    return verify(null, createHash('sha256').update(octets).digest(), key, signature)
  } catch {
    // A key with absurd numbers: OpenSSL refuses to calculate. It has signed nothing.
    return false
  }
}
