import type { Answer } from '@posthouse/dns'
import { readKeyRecord } from '../dkim/key-record.ts'
import { parseTagList, withoutFws } from '../tag-list.ts'

/** A public key as it is published. */
export interface PublicKey {
  readonly domain: string
  readonly selector: string
  readonly algorithm: 'rsa-2048' | 'ed25519'
  /** Base64: `SubjectPublicKeyInfo` of RSA (RFC 6376 §3.6.1), the 32 octets of Ed25519 (RFC 8463 §4). */
  readonly publicKey: string
}

/** The name that a key's record stands at (RFC 6376 §3.6.2.1). */
export function keyRecordName({
  domain,
  selector,
}: Pick<PublicKey, 'domain' | 'selector'>): string {
  return `${selector}._domainkey.${domain}`
}

/** The record itself (RFC 6376 §3.6.1), in one piece. */
export function keyRecordText({
  algorithm,
  publicKey,
}: Pick<PublicKey, 'algorithm' | 'publicKey'>): string {
  return `v=DKIM1; k=${algorithm === 'ed25519' ? 'ed25519' : 'rsa'}; p=${publicKey}`
}

/** A TXT record's text as zone files write it: strings of at most 255 octets (RFC 1035 §3.3.14), quoted. */
export function splitRecordText(text: string): string {
  const strings = text.match(/.{1,255}/g) ?? ['']
  return strings.map((each) => `"${each}"`).join(' ')
}

/** What DNS says of a key. */
export interface Publication {
  /** `unanswered`: ask again later. `different`: something stands there that verifiers will not take for it. */
  readonly state: 'seen' | 'absent' | 'different' | 'unanswered'
  readonly because: string
}

/** Judges DNS's answer for a key's name: seen is only what verifiers accept as this very key. */
export function readPublication(key: PublicKey, answer: Answer<string>): Publication {
  const name = keyRecordName(key)
  if (answer.kind === 'temporary')
    return { state: 'unanswered', because: `DNS does not answer: ${answer.because}` }
  const [text, ...others] = answer.kind === 'records' ? answer.records : []
  if (text === undefined) return { state: 'absent', because: `there is no TXT record at ${name}` }
  // RFC 6376 §3.6.2.2: "TXT RRs MUST be unique for a particular selector name".
  if (others.length > 0)
    return { state: 'different', because: `${others.length + 1} TXT records stand at ${name}` }
  const algorithm = key.algorithm === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256'
  const read = readKeyRecord(text, { algorithm })
  if ('result' in read) return { state: 'different', because: `at ${name}: ${read.because}` }
  if (read.isTesting)
    return { state: 'different', because: `${name} is marked as a test (t=y): nobody counts it` }
  const list = parseTagList(text)
  const published = list.ok ? withoutFws(list.tags.get('p')?.value ?? '') : ''
  if (published !== key.publicKey)
    return { state: 'different', because: `another key stands at ${name}` }
  return { state: 'seen', because: `${name} is in DNS` }
}
