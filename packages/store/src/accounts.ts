import type { Secret } from '@posthouse/config'

import type { Actor } from './audit.ts'
import type { AccountId } from './ids.ts'

/** Somebody who has mailboxes and a password. */
export interface Account {
  readonly id: AccountId
  /** `local@domain` as it was created; the login name. The domain is an A-label. */
  readonly address: string
  /** A name for people, `''` if none was given. */
  readonly name: string
  /** May neither log in nor receive (550 5.2.1). */
  readonly isDisabled: boolean
  readonly hasPassword: boolean
  readonly createdAt: Date
}

/** Who tries to log in, for the log and for throttling. */
export interface LoginContext {
  readonly protocol: 'imap' | 'pop3' | 'submission' | 'cli'
  /** The client's address. */
  readonly address: string
}

/**
 * The outcome of a login. `credentials`: no such account, or a wrong password; the two are told apart by nothing, time
 * included. `disabled`: the password is right, and the account is switched off.
 */
export type Authentication =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly reason: 'credentials' | 'disabled' }

/** A new account. Without a password nobody can log in until one is set. */
export interface NewAccount {
  readonly address: string
  readonly name?: string
  readonly password?: Secret
}

/**
 * Why nothing was changed. `malformed`: no address; `unknown-domain`: not a hosted domain; `exists`: an account or an alias
 * has this address; `weak`: the password is empty or longer than 1,024 octets.
 */
export type AccountRefusal = 'malformed' | 'unknown-domain' | 'exists' | 'weak'

/** Accounts and their logins. Addresses are compared as DESIGN says: NFC, case-insensitively, A-label. */
export interface Accounts {
  /**
   * Checks a password. Errors of the database are thrown (StoreUnavailable), never reported as wrong credentials; so is an
   * overload of password checks (reason `busy`).
   */
  authenticate(login: string, password: Secret, context: LoginContext): Promise<Authentication>
  /** Creates the account and its six default mailboxes, subscribed, in one transaction. */
  create(
    account: NewAccount,
    by: Actor,
  ): Promise<
    | { readonly ok: true; readonly account: Account }
    | { readonly ok: false; readonly reason: AccountRefusal }
  >
  /** By domain, then local part. */
  list(filter?: { readonly domain?: string }): Promise<readonly Account[]>
  /** By address or by id. */
  show(addressOrId: string): Promise<Account | undefined>
  setPassword(address: string, password: Secret, by: Actor): Promise<'done' | 'not-found' | 'weak'>
  setEnabled(address: string, isEnabled: boolean, by: Actor): Promise<'done' | 'not-found'>
  /**
   * Removes the account and its mailboxes. Aliases that lead to it stay and lead nowhere; messages it has in the queue are
   * still sent.
   */
  remove(address: string, by: Actor): Promise<'done' | 'not-found'>
  count(): Promise<number>
}
