import type { Account } from './account.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'

/** What a tagged answer makes of the session (RFC 3501 §3). The session carries it out, no verb does. */
export type Transition =
  /** `without`: extensions that are switched off for this account. */
  | {
      readonly kind: 'signed-in'
      readonly account: Account
      readonly without: readonly string[]
    }
  /** Any mailbox that was selected before is closed. */
  | { readonly kind: 'selected'; readonly mailbox: SelectedMailbox }
  | { readonly kind: 'unselected' }
  /** TLS begins right after the answer. */
  | { readonly kind: 'tls' }
  /** Compression begins right after the answer (RFC 4978). */
  | { readonly kind: 'compressed' }
  | { readonly kind: 'logout' }
