import { parseStoreAddress } from './address.ts'

/** A login as it is looked up and counted. */
export interface LoginName {
  readonly domain: string
  readonly localKey: string
  /** What failures are counted under. */
  readonly key: string
}

/** What is no address cannot be an account, and is counted as one login: people type passwords there, too. */
const noAddress: LoginName = { domain: '', localKey: '', key: '-' }

/** Reads a login, compared as DESIGN says: NFC, case-insensitively, A-label. */
export function loginName(text: string): LoginName {
  const parsed = parseStoreAddress(text)
  if (parsed === undefined) return noAddress
  const { domain, localKey } = parsed
  return { domain, localKey, key: `${localKey}@${domain}` }
}
