import { createPublicKey, type KeyObject } from 'node:crypto'
import { maxRsaBits, maxRsaExponent, minRsaBits } from '../limits.ts'
import { colonList, parseTagList, withoutFws } from '../tag-list.ts'
import type { Refusal, Signature } from './signature.ts'

/** A usable public key out of a key record (RFC 6376 §3.6.1). */
export interface SigningKey {
  readonly key: KeyObject
  readonly bits: number
  /** `t=y` */
  readonly isTesting: boolean
  /** `t=s`: `i=` must be at `d=` itself. */
  readonly isStrict: boolean
}

/** `SubjectPublicKeyInfo` of an Ed25519 key (RFC 8410 §4), up to its 32 octets. */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Keys that were read lately. Reading one costs a third of a verification, and few domains send most mail. Only keys that are
 * keys are kept, by their own text, so that nothing can go stale.
 */
const keys = new Map<string, KeyObject>()
const maxKeys = 1000

/**
 * Reads a key record for a signature (RFC 6376 §6.1.2). What is wrong with the record is an error for good: asking again will
 * not help.
 */
export function readKeyRecord(
  text: string,
  { algorithm }: Pick<Signature, 'algorithm'>,
): SigningKey | Refusal {
  const list = parseTagList(text)
  if (!list.ok) return refused(`its key record is ${list.because}`)
  const [first] = list.tags.keys()
  const value = (name: string) => list.tags.get(name)?.value
  // "v=" is optional, but first and DKIM1 where it is.
  if (list.tags.has('v') && (first !== 'v' || value('v') !== 'DKIM1'))
    return refused('its key record has another version')
  const type = algorithm === 'ed25519-sha256' ? 'ed25519' : 'rsa'
  if ((value('k') ?? 'rsa') !== type) return refused('its key is of another type')
  if (!allows(value('h'), ['sha256'])) return refused('its key is not for this hash')
  if (!allows(value('s'), ['*', 'email'])) return refused('its key is not for mail')
  const p = value('p')
  if (p === undefined) return refused('its key record has no key')
  if (withoutFws(p) === '') return refused('its key is revoked')
  const key = publicKey(type, withoutFws(p))
  if (key === undefined) return refused('its key cannot be read')
  const flags = colonList(value('t') ?? '')
  return withinBounds(key, flags.includes('y'), flags.includes('s'))
}

function withinBounds(key: KeyObject, isTesting: boolean, isStrict: boolean): SigningKey | Refusal {
  const { modulusLength: bits = 256, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return { key, bits, isTesting, isStrict }
  // RFC 8301 §3.2: "Verifiers MUST NOT consider signatures using RSA keys of less than 1024 bits as valid".
  if (bits < minRsaBits) return refused(`its key has ${bits} bits, fewer than ${minRsaBits}`)
  if (bits > maxRsaBits)
    return { result: 'policy', because: `its key has ${bits} bits, more than ${maxRsaBits}` }
  if (publicExponent > maxRsaExponent)
    return { result: 'policy', because: 'its key has a public exponent that costs too much' }
  return { key, bits, isTesting, isStrict }
}

/** A colon-separated tag that limits a key's use; absent, it limits nothing. Unknown elements are passed over. */
function allows(value: string | undefined, wanted: readonly string[]): boolean {
  return value === undefined || colonList(value).some((each) => wanted.includes(each))
}

function publicKey(type: 'rsa' | 'ed25519', text: string): KeyObject | undefined {
  const name = `${type} ${text}`
  const there = keys.get(name)
  if (there !== undefined) return there
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const octets = Buffer.from(text, 'base64')
  const made = type === 'rsa' ? rsaKey(octets) : ed25519Key(octets)
  if (made === undefined) return undefined
  if (keys.size >= maxKeys) keys.clear()
  keys.set(name, made)
  return made
}

/** RFC 8463 §4: the 32 octets of the key, bare. */
function ed25519Key(octets: Buffer): KeyObject | undefined {
  return octets.length === 32 ? readKey(Buffer.concat([ed25519Prefix, octets]), 'spki') : undefined
}

/** `SubjectPublicKeyInfo`; QUIRK: RFC 6376 §3.6.1 says `RSAPublicKey`, its examples and everybody publish the former. */
function rsaKey(octets: Buffer): KeyObject | undefined {
  const key = readKey(octets, 'spki') ?? readKey(octets, 'pkcs1')
  return key?.asymmetricKeyType === 'rsa' ? key : undefined
}

function readKey(key: Buffer, type: 'spki' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'der', type })
  } catch {
    // Not of this form: the caller tries the other, or says so.
    return undefined
  }
}

function refused(because: string): Refusal {
  return { result: 'permerror', because }
}
