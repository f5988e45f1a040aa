import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { createAuthority, issueCertificate, type CertificatePair } from './certificates.ts'
import { withFolderLock } from './folder-lock.ts'

const day = 24 * 60 * 60 * 1000

/** Ten years: whoever installed `ca.pem` on a phone shall not have to do it again soon. */
const authorityDays = 3650

/** What Apple's systems accept at most from any authority since 2020. */
const leafDays = 397

/** A certificate with less than this left is made anew. */
const renewDays = 30

/** Made in the past, for clients whose clock is behind. */
const backdateMs = day

/** The local authority's files, and the certificate in use. */
export interface LocalCertificate extends CertificatePair {
  /** `ca.pem`: what clients trust. */
  readonly caFile: string
  /** A new certificate was made. */
  readonly isNew: boolean
}

/**
 * The certificate for `names` (host names and addresses) from the authority in `folder`. What is
 * missing, near its end, for other names, or does not fit together is made anew; the authority
 * itself only when it is missing or near its end. Keys are 0600. Files: `ca.pem`, `ca-key.pem`,
 * `tls-cert.pem`, `tls-key.pem`.
 *
 * @throws Error when the folder cannot be written.
 */
export async function localCertificate(
  folder: string,
  names: readonly string[],
  now: Date = new Date(),
): Promise<LocalCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const present = await usable(folder, names, now)
  if (present !== undefined) return { ...present, caFile: join(folder, 'ca.pem'), isNew: false }
  return withFolderLock(folder, () => makeWhatIsMissing(folder, names, now))
}

async function makeWhatIsMissing(
  folder: string,
  names: readonly string[],
  now: Date,
): Promise<LocalCertificate> {
  const caFile = join(folder, 'ca.pem')
  // Another process may have made it in the meantime.
  const present = await usable(folder, names, now)
  if (present !== undefined) return { ...present, caFile, isNew: false }
  const authority = await ensureAuthority(folder, now)
  const pair = issueCertificate(authority, names, validity(now, leafDays))
  await writeWhole(join(folder, 'tls-key.pem'), pair.key, 0o600)
  await writeWhole(join(folder, 'tls-cert.pem'), pair.cert, 0o644)
  return { ...pair, caFile, isNew: true }
}

/** The certificate that is there, if it may be used; undefined when something must be made. */
async function usable(
  folder: string,
  names: readonly string[],
  now: Date,
): Promise<CertificatePair | undefined> {
  const authority = await readPair(join(folder, 'ca.pem'), join(folder, 'ca-key.pem'))
  if (authority === undefined || !isSound(authority, now)) return undefined
  const pair = await readPair(join(folder, 'tls-cert.pem'), join(folder, 'tls-key.pem'))
  return pair !== undefined && fits(pair, authority, names, now) ? pair : undefined
}

async function ensureAuthority(folder: string, now: Date): Promise<CertificatePair> {
  const certFile = join(folder, 'ca.pem')
  const keyFile = join(folder, 'ca-key.pem')
  const present = await readPair(certFile, keyFile)
  if (present !== undefined && isSound(present, now)) return present
  const authority = createAuthority('Posthouse local authority', validity(now, authorityDays))
  await writeWhole(keyFile, authority.key, 0o600)
  await writeWhole(certFile, authority.cert, 0o644)
  return authority
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const start = now.getTime()
  return { notBefore: new Date(start - backdateMs), notAfter: new Date(start + days * day) }
}

/** The key belongs to the certificate, and the certificate has time left. */
function isSound(pair: CertificatePair, now: Date): boolean {
  try {
    const certificate = new X509Certificate(pair.cert)
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false
    // One that is not valid yet was made when our clock was right: a machine that starts without the time must not throw
    // the authority away that people trust.
    return new Date(certificate.validTo).getTime() - now.getTime() > renewDays * day
  } catch {
    // Not PEM: as good as missing.
    return false
  }
}

function fits(
  pair: CertificatePair,
  authority: CertificatePair,
  names: readonly string[],
  now: Date,
): boolean {
  if (!isSound(pair, now)) return false
  const certificate = new X509Certificate(pair.cert)
  const issuer = new X509Certificate(authority.cert)
  if (!certificate.verify(issuer.publicKey)) return false
  return names.every((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { subject: 'never' }) !== undefined
      : certificate.checkIP(name) !== undefined,
  )
}

async function readPair(certFile: string, keyFile: string): Promise<CertificatePair | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    await chmod(keyFile, 0o600)
    return { cert, key }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Readers see the old file or the new one, never half of it. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, text, { mode, flag: 'wx' })
  await rename(temporary, path)
}
