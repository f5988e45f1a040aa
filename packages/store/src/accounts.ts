import type { Secret } from '@posthouse/config'

import type { Actor, Rehearsal } from './audit.ts'
import type { Grant } from './grants.ts'
import type { AccountId } from './ids.ts'

/** Somebody who has mailboxes and a password. */
export interface Account {
  readonly id: AccountId
  /** `local@domain` as it was created; the login name. The domain is an A-label. */
  readonly address: string
  /** A name for people, `''` if none was given. */
  readonly name: string
  /** May not sign in, nor receive (550 5.2.1) unless it keeps receiving. */
  readonly isDisabled: boolean
  /** Disabled, and takes mail all the same. */
  readonly keepsReceiving: boolean
  /** Its domain is disabled: the same for all of its accounts. */
  readonly isDomainDisabled: boolean
  readonly hasPassword: boolean
  readonly createdAt: Date
}

/** Who tries to log in, for the log and for throttling. */
export interface LoginContext {
  readonly protocol: 'imap' | 'pop3' | 'submission' | 'cli'
  /** The client's address. */
  readonly address: string
  /** How the password came: a SASL mechanism, or the protocol's own command. Absent: `password`. */
  readonly mechanism?: LoginMechanism
}

/** Ways for a password to come: SASL PLAIN and LOGIN, or a command such as IMAP's LOGIN and POP3's PASS. */
export type LoginMechanism = 'plain' | 'login' | 'password'

/** Why somebody was not let in, for the log and the counters. The client is told only what `reason` says. */
export type LoginObstacle =
  /** No account of this name. */
  | 'name'
  | 'password'
  /** It has the shape of an app password, and is none of this account's. */
  | 'app-password'
  | 'expired'
  /** The app password is not for this protocol. */
  | 'protocol'
  | 'disabled'
  /** Its domain is switched off, or the one that it signed in by. */
  | 'domain-disabled'
  /** Too many failures of this login from this client. */
  | 'throttled-login'
  /** Too many failures from this network. */
  | 'throttled-network'
  /** The operator has banned the network. */
  | 'throttled-banned'

/**
 * The outcome of a login.
 *
 * `credentials`: no such account, or a wrong password; the two are told apart by nothing, time included; or an app password
 * that is over or for other protocols. `disabled`: the password is right, and the account, or its domain, is switched off. `throttled`: nothing
 * was looked at, for there were too many failures; to be told as temporary, so that no program forgets its password.
 */
export type Authentication =
  | { readonly ok: true; readonly account: Account; readonly grant: Grant }
  | {
      readonly ok: false
      readonly reason: 'credentials' | 'disabled'
      readonly because: LoginObstacle
    }
  | {
      readonly ok: false
      readonly reason: 'throttled'
      readonly because: LoginObstacle
      /** When to try again; undefined: not before an operator lifts the ban. */
      readonly retrySeconds: number | undefined
    }

/** A new account. Without a password nobody can log in until one is set. */
export interface NewAccount {
  readonly address: string
  readonly name?: string
  readonly password?: Secret
}

/**
 * Why nothing was changed. `malformed`: no address; `unknown-domain`: not a hosted domain; `domain-alias`: it has the addresses of
 * another domain and none of its own; `exists`: an account or an alias has this address; `weak`: the password is empty, longer than 1,024 octets, or of the shape of an app password.
 */
export type AccountRefusal = 'malformed' | 'unknown-domain' | 'domain-alias' | 'exists' | 'weak'

/** What became of a new address. `exists`: somebody has it, or it is the account's already. */
export type AccountRename = 'done' | 'not-found' | Exclude<AccountRefusal, 'weak'>

/** `keepsAlias`: the old address becomes an alias. */
export interface RenameOptions extends Rehearsal {
  readonly keepsAlias?: boolean
}

/** A removed account that can come back. */
export interface RemovedAccount {
  readonly id: AccountId
  /** The address that it had. */
  readonly address: string
  readonly removedAt: Date
  /** How many mailboxes come back with it. */
  readonly mailboxes: number
}

/** Accounts and their logins. Addresses are compared as DESIGN says: NFC, case-insensitively, A-label. */
export interface Accounts {
  /**
   * Checks a password: the account's own, or one of its app passwords. Errors of the database are thrown (StoreUnavailable), never reported as wrong credentials; so is an
   * overload of password checks (reason `busy`).
   */
  authenticate(login: string, password: Secret, context: LoginContext): Promise<Authentication>
  /**
   * What is in the way of this sign-in; nothing where it would work. For an operator who looks for the cause: counted and recorded
   * nowhere, and bans and failures of others are not asked about.
   */
  examine(
    login: string,
    password: Secret,
    context: LoginContext,
  ): Promise<LoginObstacle | undefined>
  /**
   * Those that hold no longer: sessions that were opened by them are to end. Asked at each `onAccountChange`, and every few
   * seconds for what a lost wake-up has missed.
   */
  lapsed(grants: readonly Grant[]): Promise<readonly Grant[]>
  /** Creates the account and its six default mailboxes, subscribed, in one transaction. */
  create(
    account: NewAccount,
    by: Actor,
    options?: Rehearsal,
  ): Promise<
    | { readonly ok: true; readonly account: Account }
    | { readonly ok: false; readonly reason: AccountRefusal }
  >
  /** By domain, then local part. */
  list(filter?: { readonly domain?: string }): Promise<readonly Account[]>
  /** By address or by id. */
  show(addressOrId: string): Promise<Account | undefined>
  setPassword(address: string, password: Secret, by: Actor): Promise<'done' | 'not-found' | 'weak'>
  /** A disabled account that keeps receiving gets its mail, and passes it on, as before; nobody signs in. */
  setEnabled(
    address: string,
    isEnabled: boolean,
    by: Actor,
    options?: { readonly keepsReceiving?: boolean },
  ): Promise<'done' | 'not-found'>
  /**
   * Gives the account another address, which may be of another domain; all else is as it was. Aliases, forwards and addresses of
   * last resort that led to it lead to it still; its sessions end, for the address is the login. `keepsAlias`: the old address
   * becomes an alias, which the account may write as; otherwise it is free.
   */
  rename(address: string, to: string, by: Actor, options?: RenameOptions): Promise<AccountRename>
  /**
   * Removes the account and its mailboxes; the address is free. Aliases that lead to it stay and lead nowhere; messages it has
   * in the queue are still sent. Until its retention (30 days) is over it can be restored.
   */
  remove(address: string, by: Actor): Promise<'done' | 'not-found'>
  /** Removed accounts that can come back, the latest first, at most 1,000. */
  removed(): Promise<readonly RemovedAccount[]>
  /**
   * Brings the account back that had this address last: its mailboxes as they were, its password, app passwords, settings and
   * limits. `exists`: another account or an alias has the address now; `unknown-domain`: the domain is not hosted any more.
   */
  restore(
    address: string,
    by: Actor,
  ): Promise<
    'done' | 'not-found' | Extract<AccountRefusal, 'exists' | 'unknown-domain' | 'domain-alias'>
  >
  count(): Promise<number>
}
