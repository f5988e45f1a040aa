import type { Actor } from './audit.ts'
import type { AccountId } from './ids.ts'

/** A message that an account wants to send. */
export interface SendingMessage {
  readonly account: AccountId
  /** Its recipients, here and elsewhere. */
  readonly recipients: readonly string[]
}

/** What an account sent in the last day, and what it may. */
export interface SentToday {
  readonly messages: number
  /** Recipients it had never written to before. */
  readonly newRecipients: number
  readonly mostMessages: number
  readonly mostNewRecipients: number
}

/**
 * Whether a message may go. `spent`: the account has sent its share; `retryAt`: when this message fits again, undefined where
 * it never does because it alone has too many new recipients. `contained`: the account is suspected of being misused.
 */
export type SendingLeave =
  | { readonly kind: 'free'; readonly today: SentToday }
  | {
      readonly kind: 'spent'
      readonly what: 'messages' | 'new-recipients'
      readonly today: SentToday
      readonly retryAt: Date | undefined
    }
  | { readonly kind: 'contained' }

/** What was seen of an account in the last day, since it was last released. */
export interface SendingSigns {
  readonly today: SentToday
  /** Recipients elsewhere whose mail came to an end, and those of them who were refused for good. */
  readonly ended: number
  readonly bounced: number
  /** Networks (/24, /48) it signed in from for the first time. */
  readonly newNetworks: number
  /** The network that is asked about is one of them. */
  readonly isNewHere: boolean
  /** Networks that were known before. */
  readonly knownNetworks: number
}

/** An account that is contained. */
export interface Containment {
  readonly account: AccountId
  readonly address: string
  readonly since: Date
  readonly because: string
}

/** What accounts send: counted exactly over all processes, and stopped where somebody else seems to use them. */
export interface Sending {
  /**
   * Whether an account may write as all of these: its own address with any `+tag`, aliases that lead to it by targets that may
   * send, and roles it stands in for.
   */
  mayWriteAs(account: AccountId, addresses: readonly string[]): Promise<boolean>
  /** Counts a message if the account may send it. Exact however many ask at once. */
  leave(message: SendingMessage): Promise<SendingLeave>
  /** The message was not taken after all. Recipients it would have had stay known and counted. */
  giveBack(account: AccountId): Promise<void>
  /** `address`: the client's, where somebody is there. */
  signs(account: AccountId, address?: string): Promise<SendingSigns>
  /**
   * Stops an account: its mail in the queue is held, nothing more is taken, its sessions end. False: it is stopped already, or
   * there is no such account.
   */
  contain(account: AccountId, because: string, by: Actor): Promise<boolean>
  isContained(account: AccountId): Promise<boolean>
  /** Those that are contained, the latest first. */
  contained(): Promise<readonly Containment[]>
  /**
   * Lets a contained account send again, and forgets what made it suspicious. Its mail that was held goes (`deliver`), or is
   * deleted (`purge`), even what is being sent; the number of recipients.
   */
  release(
    account: AccountId,
    mail: 'deliver' | 'purge',
    by: Actor,
  ): Promise<{ readonly recipients: number } | 'not-contained'>
}
