import {
  isBlocked,
  placementOf,
  sendersOf,
  vouchedDomains,
  type FilterMessage,
  type FilterVerdict,
  type Placement,
} from '@posthouse/filter'
import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import type {
  AccountFilter,
  AccountId,
  DeliveryRecipient,
  QuarantineReason,
} from '@posthouse/store'

/** Who decides where the copies of a message go: its verdict, and what each recipient wants otherwise. */
export class Placing {
  readonly #verdict: FilterVerdict
  readonly #accounts: ReadonlyMap<AccountId, AccountFilter>
  readonly #vouched: readonly string[]
  readonly #senders: ReturnType<typeof sendersOf>

  constructor(
    message: FilterMessage,
    verdict: FilterVerdict,
    authentication: AuthenticationVerdict,
    accounts: ReadonlyMap<AccountId, AccountFilter>,
  ) {
    this.#verdict = verdict
    this.#accounts = accounts
    this.#vouched = vouchedDomains(authentication)
    this.#senders = sendersOf(message)
  }

  /** For one recipient, named as in RCPT. */
  mailboxFor(account: AccountId, recipient: string): DeliveryRecipient['mailbox'] {
    const place = this.#placement(account)
    if (place === 'quarantine') return { recipient, reason: this.#reason() }
    return place === 'junk' ? '\\Junk' : 'INBOX'
  }

  /** Why this account's copy goes elsewhere than the verdict alone says; undefined: it does not. */
  whyOtherwise(account: AccountId): string | undefined {
    const own = this.#accounts.get(account)
    if (own === undefined) return undefined
    const { allowed, blocked } = own
    const alone = { allowed: [], blocked: [] }
    const usual = placementOf(this.#verdict, alone, this.#vouched, this.#senders)
    if (this.#placement(account) === usual) return undefined
    if (isBlocked(blocked, this.#vouched, this.#senders)) return 'its block list has the sender'
    const isLetIn = placementOf(this.#verdict, { allowed, blocked }, this.#vouched, this.#senders)
    return isLetIn === usual ? 'by its own thresholds' : 'its allow list has the sender'
  }

  /** True where each of them has the sender on its block list. */
  isBlockedByAll(accounts: readonly AccountId[]): boolean {
    return (
      accounts.length > 0 &&
      accounts.every((account) =>
        isBlocked(this.#accounts.get(account)?.blocked ?? [], this.#vouched, this.#senders),
      )
    )
  }

  #placement(account: AccountId): Placement {
    const settings = this.#accounts.get(account) ?? { allowed: [], blocked: [] }
    return placementOf(this.#verdict, settings, this.#vouched, this.#senders)
  }

  #reason(): QuarantineReason {
    const { reason } = this.#verdict
    return reason === 'virus' || reason === 'policy' ? reason : 'spam'
  }
}
