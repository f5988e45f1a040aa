import type {
  Account,
  ClaimedMessage,
  DeliveryRecipient,
  Resolution,
  Store,
} from '@posthouse/store'

/** Who gets a report. */
export interface Destination {
  /** Whom it is for: the sender, or who that stands for (SRS). */
  readonly to: string
  readonly local: readonly {
    readonly account: DeliveryRecipient['account']
    readonly address: string
  }[]
  readonly remote: readonly string[]
}

type Mail = Pick<ClaimedMessage, 'sender' | 'account'>

/**
 * Where reports on a message go: to its sender's address, which may have become somebody else's since it was written (its account
 * has another one now, or its domain another last resort). Then to the account that wrote it: a report quotes the message, and
 * is nobody else's. Undefined where nobody is there.
 */
export async function reportDestination(
  store: Pick<Store, 'resolve' | 'accounts'>,
  mail: Mail,
): Promise<Destination | undefined> {
  const found = await store.resolve(mail.sender)
  if (mail.account !== null && isOthers(found, mail.account)) {
    const writer = await store.accounts.show(mail.account)
    if (writer === undefined || !takesMail(writer)) return undefined
    const { id: account, address } = writer
    return { to: address, local: [{ account, address }], remote: [] }
  }
  return destinationOf(found, mail.sender)
}

/** A list that its writer has left, or a domain that went elsewhere, gets its reports all the same: by its own name it is answered. */
function isOthers(found: Resolution, writer: string): boolean {
  switch (found.kind) {
    case 'local':
      return found.account.account !== writer
    case 'alias':
      return found.isCatchAll === true && !found.accounts.some(({ account }) => account === writer)
    case 'unknown':
    case 'disabled':
    case 'loop':
      return true
    default:
      return false
  }
}

function takesMail({ isDisabled, keepsReceiving, isDomainDisabled }: Account): boolean {
  return !isDomainDisabled && (!isDisabled || keepsReceiving)
}

function destinationOf(found: Resolution, sender: string): Destination | undefined {
  switch (found.kind) {
    case 'local':
      return { to: sender, local: [found.account], remote: [] }
    case 'alias':
    // The sender of mail that was passed on: the report goes back to who wrote it.
    case 'returned':
      return {
        to: found.kind === 'returned' ? found.address : sender,
        local: found.accounts,
        remote: found.remote.map(({ address }) => address),
      }
    case 'foreign':
      return { to: sender, local: [], remote: [sender] }
    case 'unknown':
    case 'disabled':
    case 'loop':
      return undefined
  }
}
