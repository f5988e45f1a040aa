import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * The Sender Rewriting Scheme, in the forms that libsrs2 and postsrsd write (M. Wong, S. Prihodko, "The Sender Rewriting
 * Scheme", 2004): `SRS0=HHHH=TT=domain=local` and, of a sender that somebody rewrote before us, `SRS1=HHHH=domain==…`. The
 * hash is of lower-case text and compared without case, for some hosts do not keep the case of local parts.
 */
export interface SrsKeys {
  /** Signs. */
  readonly newest: Buffer
  /** All that are known, the newest too. */
  readonly all: readonly Buffer[]
}

/** What a rewritten address stood for. */
export interface SrsOrigin {
  readonly local: string
  readonly domain: string
}

const hashLength = 4
/** Rewritten addresses are good for so long: the longest that bounces take, five days, four times over. */
const validDays = 21
/** TT counts days in ten bits, two digits of base32. */
const dayCycle = 1024
const digits = 'abcdefghijklmnopqrstuvwxyz234567'

/** Whether a local part looks rewritten. */
export function isSrs(local: string): boolean {
  return /^srs[01][=+-]/i.test(local)
}

/** The local part that a sender is rewritten to. `at`: now. */
export function writeSrs(keys: SrsKeys, origin: SrsOrigin, at: Date): string {
  const { local, domain } = origin
  const guarded = /^srs1[=+-][^=]*=([^=]+)=([=+-].*)$/is.exec(local)
  if (guarded !== null) return guardedForm(keys, guarded[1] ?? '', guarded[2] ?? '')
  // What the first one wrote goes behind the prefix, its separator too; his domain takes it back.
  if (/^srs0[=+-]/i.test(local)) return guardedForm(keys, domain, local.slice(4))
  const stamp = stampOf(at)
  return `SRS0=${hashOf(keys.newest, [stamp, domain, local])}=${stamp}=${domain}=${local}`
}

function guardedForm(keys: SrsKeys, domain: string, rest: string): string {
  return `SRS1=${hashOf(keys.newest, [domain, rest])}=${domain}=${rest}`
}

/** The sender behind a rewritten local part; undefined where it is forged or damaged, `expired` where it was good once. */
export function readSrs(keys: SrsKeys, text: string, at: Date): SrsOrigin | 'expired' | undefined {
  const guarded = /^srs1[=+-]([^=]*)=([^=]+)=([=+-].*)$/is.exec(text)
  if (guarded !== null) {
    const [, hash = '', domain = '', rest = ''] = guarded
    return isSigned(keys, hash, [domain, rest]) ? { local: `SRS0${rest}`, domain } : undefined
  }
  const plain = /^srs0[=+-]([^=]*)=([a-z2-7]{2})=([^=]+)=(.+)$/is.exec(text)
  if (plain === null) return undefined
  const [, hash = '', stamp = '', domain = '', local = ''] = plain
  if (!isSigned(keys, hash, [stamp, domain, local])) return undefined
  return isCurrent(stamp, at) ? { local, domain } : 'expired'
}

function hashOf(key: Buffer, parts: readonly string[]): string {
  const mac = createHmac('sha1', key).update(parts.join('').toLowerCase())
  return mac.digest('base64').slice(0, hashLength)
}

/** All keys are tried, in a time that tells nothing of which one was near. */
function isSigned(keys: SrsKeys, hash: string, parts: readonly string[]): boolean {
  const given = Buffer.alloc(hashLength * 4)
  if (hash.length !== hashLength) return false
  given.write(hash.toLowerCase())
  let found = false
  for (const key of keys.all) {
    const made = Buffer.alloc(given.length)
    made.write(hashOf(key, parts).toLowerCase())
    if (timingSafeEqual(given, made)) found = true
  }
  return found
}

function dayOf(at: Date): number {
  return Math.floor(at.getTime() / 86_400_000)
}

function stampOf(at: Date): string {
  const day = dayOf(at) % dayCycle
  return `${digits[day >> 5] ?? ''}${digits[day & 31] ?? ''}`.toUpperCase()
}

/** A day ahead is borne: hosts differ in their clocks. */
function isCurrent(stamp: string, at: Date): boolean {
  const [high = '', low = ''] = stamp.toLowerCase()
  const day = digits.indexOf(high) * 32 + digits.indexOf(low)
  const age = (dayOf(at) - day + dayCycle + 1) % dayCycle
  return age <= validDays + 1
}
