import { replies, type MailPath, type Routed } from '@posthouse/smtp'
import type { LocalDestination, Resolution, Store } from '@posthouse/store'

/** Where a recipient leads to: mailboxes here, addresses elsewhere; at least one. */
export interface Destination {
  readonly local: readonly LocalDestination[]
  readonly remote: readonly string[]
  /** An alias stands between the recipient and them. */
  readonly isAlias: boolean
}

/** What a door does with addresses that are not ours. */
export interface RoutePolicy {
  /** Take mail for foreign domains: for our own users only. */
  readonly relays: boolean
}

/** Looks a recipient up. Refusals as DESIGN.md, "Decided once". */
export async function route(
  store: Pick<Store, 'resolve'>,
  recipient: MailPath,
  policy: RoutePolicy,
): Promise<Routed<Destination>> {
  return destinationOf(await store.resolve(recipient.address), recipient.address, policy)
}

function destinationOf(
  found: Resolution,
  address: string,
  policy: RoutePolicy,
): Routed<Destination> {
  switch (found.kind) {
    case 'local':
      return { ok: true, target: { local: [found.account], remote: [], isAlias: false } }
    case 'alias':
      return { ok: true, target: { local: found.accounts, remote: found.remote, isAlias: true } }
    case 'foreign':
      return policy.relays
        ? { ok: true, target: { local: [], remote: [address], isAlias: false } }
        : { ok: false, reply: replies.foreignRecipient }
    case 'unknown':
      return { ok: false, reply: replies.unknownRecipient }
    case 'disabled':
      return { ok: false, reply: replies.disabledRecipient }
    case 'loop':
      return { ok: false, reply: replies.recipientLoop }
  }
}
