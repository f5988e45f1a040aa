import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { NewCertificate } from '@posthouse/store'
import { AcmeProblem } from '../acme/acme-problem.ts'

/** Certificates in a chain: a leaf, and a few above it. */
const longestChain = 10

/**
 * Reads a chain, leaf first, and checks that it can be served: that the key is its own, that the names are in it.
 *
 * @throws AcmeProblem `protocol` saying what is wrong with it
 */
export function readChain(
  pem: string,
  key: KeyObject,
  names: readonly string[] = [],
): NewCertificate {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 || blocks.length > longestChain) throw wrong('no chain of certificates')
  const [leaf] = blocks.map(certificateOf)
  if (leaf === undefined) throw wrong('no certificate')
  const isKeysOwn = createPublicKey(key).equals(leaf.publicKey)
  if (!isKeysOwn) throw wrong('a certificate for another key')
  const covered = namesOf(leaf)
  const left = names.filter((name) => !covers(covered, name))
  if (left.length > 0) throw wrong(`a certificate without ${left.join(', ')}`)
  return {
    chain: `${blocks.join('\n')}\n`,
    names: covered,
    notBefore: leaf.validFromDate,
    notAfter: leaf.validToDate,
  }
}

/** Whether a certificate's names include one, by a wildcard or as it is (RFC 9525 §6.3). */
export function covers(names: readonly string[], name: string): boolean {
  const dot = name.indexOf('.')
  return names.includes(name) || (dot > 0 && names.includes(`*${name.slice(dot)}`))
}

function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []))
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw wrong('a certificate that cannot be read')
  }
}

function wrong(what: string): AcmeProblem {
  return new AcmeProblem('protocol', `it is ${what}`)
}
