import type { Secret } from '@posthouse/config'

import type { Actor } from './audit.ts'

/** What an app password may open. */
export const appPasswordProtocols = ['imap', 'pop3', 'submission'] as const

/** One of them. */
export type AppPasswordProtocol = (typeof appPasswordProtocols)[number]

/** A password for one program of its owner's. The secret itself is shown once and kept nowhere. */
export interface AppPassword {
  /** 26 characters of Crockford base32. */
  readonly id: string
  /** The account's address. */
  readonly account: string
  /** What its owner calls it: `Phone`. */
  readonly name: string
  readonly protocols: readonly AppPasswordProtocol[]
  readonly createdAt: Date
  /** From then on it opens nothing; undefined: never. */
  readonly expiresAt: Date | undefined
  /** The newest use, to the minute. */
  readonly lastUse:
    | { readonly at: Date; readonly protocol: string; readonly address: string }
    | undefined
}

/** A new one. */
export interface NewAppPassword {
  /** The account's address. */
  readonly account: string
  readonly name: string
  /** Left out: all. */
  readonly protocols?: readonly AppPasswordProtocol[]
  readonly expiresAt?: Date
}

/**
 * Why none was made. `name`: empty, longer than 100 characters, or with control characters; `protocols`: none named;
 * `expired`: its end is not in the future; `too-many`: the account has 100.
 */
export type AppPasswordRefusal = 'not-found' | 'name' | 'protocols' | 'expired' | 'too-many'

/** App passwords of all accounts. */
export interface AppPasswords {
  /** Makes one. `secret` is the only copy of what its owner types: seven groups of four letters and digits. */
  create(
    request: NewAppPassword,
    by: Actor,
  ): Promise<
    | { readonly ok: true; readonly appPassword: AppPassword; readonly secret: Secret }
    | { readonly ok: false; readonly reason: AppPasswordRefusal }
  >
  /** Oldest first; undefined: no such account. */
  list(account: string): Promise<readonly AppPassword[] | undefined>
  /** Takes one away by its id: nobody signs in with it any more, and its open sessions end. */
  revoke(account: string, id: string, by: Actor): Promise<'done' | 'not-found'>
}
