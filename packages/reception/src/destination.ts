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
  store: Pick<Store, 'resolve' | 'quotas'>,
  recipient: MailPath,
  policy: RoutePolicy,
): Promise<Routed<Destination>> {
  const found = await store.resolve(recipient.address)
  const routed = destinationOf(found, recipient.address, policy)
  if (!routed.ok) return routed
  if (isRole(recipient.local)) return routed
  const isFull = await isFullFor(store, routed.target)
  return isFull ? { ok: false, reply: replies.fullRecipient } : routed
}

/** Complaints and questions of other hosts come in even where there is no room (RFC 5321 §4.5.1, RFC 2142 §4). */
function isRole(local: string): boolean {
  return /^(?:postmaster|abuse)$/i.test(local)
}

/** An alias takes mail while anybody behind it does: what is accepted here is delivered to all. */
async function isFullFor(
  store: Pick<Store, 'quotas'>,
  { local, remote }: Destination,
): Promise<boolean> {
  if (local.length === 0 || remote.length > 0) return false
  const full = await store.quotas.full(local.map(({ account }) => account))
  return local.every(({ account }) => full.has(account))
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
