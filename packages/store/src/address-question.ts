import { domainKey, localPartKey, parseStoreAddress } from './address.ts'

/** What is asked of the database for one address. */
export interface Question {
  readonly domain: string
  /** `''` for `<postmaster>` without a domain. */
  readonly key: string
  /** The key without `+tag`; equal to it where there is none. */
  readonly baseKey: string
  readonly detail: string
}

/** A question, or what an address is without asking. */
export type Asked =
  | { readonly kind: 'asked'; readonly question: Question }
  | { readonly kind: 'unknown' | 'foreign' }

/** Reads an address, or `postmaster` alone. */
export function questionOf(text: string): Asked {
  if (localPartKey(text) === 'postmaster') {
    const question = { domain: '', key: 'postmaster', baseKey: 'postmaster', detail: '' }
    return { kind: 'asked', question }
  }
  const parsed = parseStoreAddress(text)
  if (parsed === undefined) return oddQuestion(text)
  const { domain, localKey, localPart } = parsed
  const plus = localKey.indexOf('+')
  const baseKey = plus > 0 ? localKey.slice(0, plus) : localKey
  const detail = plus > 0 ? localPart.slice(localPart.indexOf('+') + 1) : ''
  return { kind: 'asked', question: { domain, key: localKey, baseKey, detail } }
}

/** No address of ours, by its local part: whether it is foreign depends on the domain alone. No key is empty. */
function oddQuestion(text: string): Asked {
  const at = text.lastIndexOf('@')
  if (at < 0) return { kind: 'unknown' }
  const domain = domainKey(text.slice(at + 1))
  if (domain === undefined) return { kind: 'foreign' }
  return { kind: 'asked', question: { domain, key: '', baseKey: '', detail: '' } }
}
