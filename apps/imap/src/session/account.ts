import type { AccountId } from '@posthouse/store'

/** Whose session it is, once somebody has signed in. */
export interface Account {
  readonly id: AccountId
  /** The login name: the full address. */
  readonly address: string
}
