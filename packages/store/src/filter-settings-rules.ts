import { domainKey, parseStoreAddress } from './address.ts'
import type { Actor } from './audit.ts'
import type { AccountId } from './ids.ts'

/** A sender that is let in, or goes to Junk. */
export interface FilterRule {
  readonly rule: 'allow' | 'block'
  /** A domain (A-label), with all below it, or an address: compared without case. */
  readonly subject: string
  /** Whose list it is on; undefined: everybody's. */
  readonly account: AccountId | undefined
  /** The account's address. */
  readonly address: string | undefined
  readonly madeAt: Date
}

/** Lists of senders, of the installation and of accounts. A sender is on one of an account's two lists at most. */
export interface FilterRules {
  /** Of everybody (undefined), one account, or `all`. */
  rules(of: AccountId | undefined | 'all'): Promise<readonly FilterRule[]>
  /** Puts a sender on a list, and takes it off the other. `malformed`: neither a domain nor an address. */
  addRule(
    rule: 'allow' | 'block',
    subject: string,
    account: AccountId | undefined,
    by: Actor,
  ): Promise<'done' | 'malformed' | 'full'>
  removeRule(
    rule: 'allow' | 'block',
    subject: string,
    account: AccountId | undefined,
    by: Actor,
  ): Promise<'done' | 'malformed' | 'not-found'>
}

/** Entries of one list: they are looked through for each message. */
export const mostRules = 2_000

/** A subject as it is kept; undefined: neither a domain nor an address. A leading `@` or `*.` of a domain is dropped. */
export function ruleSubject(text: string): string | undefined {
  const domain = domainKey(text.replace(/^(@|\*\.)/, ''))
  if (domain !== undefined) return domain.includes('.') ? domain : undefined
  const address = parseStoreAddress(text)
  return address && `${address.localKey}@${address.domain}`
}
