import type { Secret } from '@posthouse/config'
import type { LoginMechanism, Mailboxes, Store } from '@posthouse/store'
import type { BodyReader } from '../fetch/body-reader.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { Account } from './account.ts'
import type { Completion } from './completion.ts'
import type { OctetBudget } from './octet-budget.ts'

/** What every verb may use, whoever is asking. No tag, no socket, no log. */
export interface Guest {
  /** TLS is on. */
  readonly isSecure: boolean
  /** COMPRESS is on (RFC 4978). */
  readonly isCompressed: boolean
  /** Passwords may be asked for on this connection. */
  readonly mayUsePassword: boolean
  /** The largest message APPEND takes, in octets. */
  readonly messageBytes: number
  /** Aborted when the client is gone: long work stops then. */
  readonly closed: AbortSignal
  /** Capabilities of this moment. */
  capabilities(): readonly string[]
  /** Looks the password up, and slows down who guesses. The completion makes the session signed in. */
  signIn(login: string, password: Secret, mechanism?: LoginMechanism): Promise<Completion>
  /** Notes what the client says it is (RFC 2971): for the log, and for what is switched off for it. True: that has changed the capabilities. */
  introduce(fields: ReadonlyMap<string, string | null>): boolean
  /** Extensions that are switched off here, by their capabilities (`switched-off.ts`). */
  readonly without: ReadonlySet<string>
  /** What ENABLE has turned on (RFC 5161), upper case. */
  readonly enabled: Set<string>
  /** The selected mailbox, where there is one. */
  readonly selected: SelectedMailbox | undefined
}

/** After sign-in. */
export interface Member extends Guest {
  readonly account: Account
  readonly store: Store
  readonly mailboxes: Mailboxes
}

/** With a mailbox selected. */
export interface Reader extends Member {
  readonly selected: SelectedMailbox
  readonly bodies: BodyReader
  /** Room for messages that are sorted, shared by the process. */
  readonly sorting: OctetBudget
}
