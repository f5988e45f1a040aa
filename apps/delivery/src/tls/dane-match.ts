import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { TlsaRecord } from '@posthouse/dns'
import { isFor } from '@posthouse/smtp'
import { authorityOf, isBeyondUs, readCertificate } from './certificate-fields.ts'
import { failure, type TlsFailure } from './failure.ts'

/**
 * The records that a peer can be held to. DANE-TA(2) and DANE-EE(3) alone: what PKIX-TA(0) and PKIX-EE(1) ask for in
 * addition cannot be had between mail servers (RFC 7672 §3.1.3). Of digests of one thing the strongest counts (RFC 7671 §9).
 */
export function usableRecords(records: readonly TlsaRecord[]): readonly TlsaRecord[] {
  const sound = records.filter(isSound)
  return sound.filter(({ usage, selector, matchingType }) => {
    const isWeaker = (other: TlsaRecord) =>
      other.usage === usage && other.selector === selector && other.matchingType === 2
    return matchingType !== 1 || !sound.some(isWeaker)
  })
}

function isSound({ usage, selector, matchingType, data }: TlsaRecord): boolean {
  if ((usage !== 2 && usage !== 3) || selector > 1) return false
  if (matchingType === 0) return selector === 0 ? isCertificate(data) : isKey(data)
  return data.length === { 1: 32, 2: 64 }[matchingType]
}

/**
 * Holds a peer's certificates to usable records: one that matches is enough (RFC 7672 §2.2). undefined: it is the host.
 * @param names the TLSA base domain and what else the certificate may be for, where the record names an authority
 */
export function daneFailure(
  records: readonly TlsaRecord[],
  chain: readonly X509Certificate[],
  names: readonly string[],
  now: Date,
): TlsFailure | undefined {
  const [leaf] = chain
  if (leaf === undefined) return failure('validation-failure', 'the host showed no certificate')
  // DANE-EE: the record alone says what the key is for and how long (RFC 7672 §3.1.1).
  if (records.some((record) => record.usage === 3 && matches(record, leaf))) return undefined
  const paths = records.filter(({ usage }) => usage === 2).flatMap((each) => pathOf(each, chain))
  const failures = paths.map((path) => pathFailure(path, names, now))
  if (failures.includes(undefined)) return undefined
  return (
    failures[0] ?? failure('certificate-not-trusted', 'no TLSA record matches its certificates')
  )
}

/** From the leaf to the trust anchor; where the anchor is but a key, it is `key`. */
interface Path {
  readonly certificates: readonly X509Certificate[]
  readonly key?: Buffer
}

/** The way from the leaf to what a DANE-TA record names, in the chain or in the record itself (RFC 7671 §5.2). */
function pathOf(record: TlsaRecord, chain: readonly X509Certificate[]): readonly Path[] {
  const at = chain.findIndex((certificate, index) => index > 0 && matches(record, certificate))
  if (at > 0) return [{ certificates: chain.slice(0, at + 1) }]
  if (record.matchingType !== 0) return []
  // Anchors that are not sent: any certificate of the chain may be signed by it.
  return chain
    .flatMap((_, index): readonly Path[] => {
      const certificates = chain.slice(0, index + 1)
      if (record.selector === 1) return [{ certificates, key: record.data }]
      return [{ certificates: [...certificates, new X509Certificate(record.data)] }]
    })
    .filter(isSigned)
}

/** RFC 7672 §3.1.2: signatures, times, authorities, and a name. Wrong signatures make no path at all. */
function pathFailure(path: Path, names: readonly string[], now: Date): TlsFailure | undefined {
  const { certificates } = path
  const [leaf] = certificates
  if (!isSigned(path))
    return failure('certificate-not-trusted', 'a signature in its chain is wrong')
  if (!certificates.every((each, at) => mayStandAt(each, at))) {
    return failure('certificate-not-trusted', 'its chain leads over what is no authority')
  }
  if (!certificates.every((each) => isValidAt(each, now))) {
    return failure('certificate-expired', 'a certificate of its chain is not valid now')
  }
  if (leaf === undefined || !names.some((name) => isFor(leaf, name))) {
    return failure('certificate-host-mismatch', `the certificate is not for ${names.join(' or ')}`)
  }
  return undefined
}

function isSigned({ certificates, key }: Path): boolean {
  const last = certificates.at(-1)
  const isEndSigned =
    key === undefined ||
    (last !== undefined &&
      isSignedWith(last, () => createPublicKey({ key, format: 'der', type: 'spki' })))
  return (
    isEndSigned &&
    certificates.every((each, at) => {
      const issuer = certificates[at + 1]
      return (
        issuer === undefined ||
        (each.checkIssued(issuer) && isSignedWith(each, () => issuer.publicKey))
      )
    })
  )
}

/** A key that cannot be read has signed nothing. */
function isSignedWith(certificate: X509Certificate, keyOf: () => KeyObject): boolean {
  try {
    return certificate.verify(keyOf())
  } catch {
    return false
  }
}

/** The leaf serves, the others sign, and none says what we do not understand (RFC 5280 §6.1). */
function mayStandAt(certificate: X509Certificate, at: number): boolean {
  const fields = readCertificate(certificate.raw)
  if (fields === undefined || isBeyondUs(fields)) return false
  if (at === 0) {
    const { keyUsage: purposes } = certificate
    return purposes === undefined || purposes.includes(serverAuth) || purposes.includes(anyPurpose)
  }
  const { isAuthority, pathLength } = authorityOf(fields)
  return isAuthority && (pathLength === undefined || at - 1 <= pathLength)
}

function isValidAt({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return Date.parse(validFrom) <= now.getTime() && now.getTime() <= Date.parse(validTo)
}

/** RFC 6698 §2.1. */
function matches({ selector, matchingType, data }: TlsaRecord, one: X509Certificate): boolean {
  const octets = selector === 0 ? one.raw : readCertificate(one.raw)?.spki
  if (octets === undefined) return false
  if (matchingType === 0) return octets.equals(data)
  return createHash(matchingType === 1 ? 'sha256' : 'sha512')
    .update(octets)
    .digest()
    .equals(data)
}

function isCertificate(data: Buffer): boolean {
  try {
    return new X509Certificate(data).raw.equals(data)
  } catch {
    return false
  }
}

function isKey(key: Buffer): boolean {
  try {
    return createPublicKey({ key, format: 'der', type: 'spki' }).type === 'public'
  } catch {
    return false
  }
}

/** id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12); node calls purposes keyUsage. */
const serverAuth = '1.3.6.1.5.5.7.3.1'
const anyPurpose = '2.5.29.37.0'
