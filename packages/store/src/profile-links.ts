import type { Secret } from '@posthouse/config'

import type { AppPassword, AppPasswordRefusal, NewAppPassword } from './app-passwords.ts'
import type { AccountId } from './ids.ts'
import type { Actor } from './audit.ts'

/** A link that was made. */
export interface ProfileLink {
  /** 128 random bits, as an app password is written. The only copy. */
  readonly token: Secret
  readonly expiresAt: Date
}

/** What a link is for. */
export interface LinkedProfile {
  /** The account's address. */
  readonly account: string
  /** What the app password will be called. */
  readonly name: string
  readonly expiresAt: Date
}

/** What came of a link when it was used. */
export type Redeemed =
  | {
      readonly ok: true
      readonly accountId: AccountId
      readonly appPassword: AppPassword
      readonly secret: Secret
    }
  | { readonly ok: false; readonly reason: 'gone' | AppPasswordRefusal }

/**
 * Links by which a device fetches its settings. One holds for ten minutes and for one use; the app password is made in the
 * transaction that uses it up.
 */
export interface ProfileLinks {
  /** Makes one, for an app password like this. */
  create(
    request: NewAppPassword,
    by: Actor,
  ): Promise<
    | ({ readonly ok: true } & ProfileLink)
    | { readonly ok: false; readonly reason: AppPasswordRefusal }
  >
  /** What it is for; it stays as good as it was. Undefined: it is over, used up, or was never there. */
  find(token: string): Promise<LinkedProfile | undefined>
  /** Uses it up. Where no password can be made it stays. */
  redeem(token: string, by: Actor): Promise<Redeemed>
}
