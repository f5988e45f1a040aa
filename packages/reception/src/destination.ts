import { replies, reply, type MailPath, type Routed } from '@posthouse/smtp'
import type {
  AccountId,
  LocalDestination,
  Reached,
  RemoteTarget,
  Resolution,
  Store,
} from '@posthouse/store'

/** An address elsewhere. What an alias or an account passes on tells by whom; mail of our users for elsewhere has neither. */
export type RemoteRecipient = Pick<RemoteTarget, 'address'> &
  Partial<Pick<RemoteTarget, 'account' | 'domain' | 'path'>>

/** Where a recipient leads to: mailboxes here, addresses elsewhere; at least one. */
export interface Destination {
  readonly local: readonly LocalDestination[]
  /** Accounts whose mail goes on instead of staying: they get a copy of what is not passed on. */
  readonly fallback?: readonly LocalDestination[]
  readonly remote: readonly RemoteRecipient[]
  /** An alias, or an account's forward, stands between the recipient and them. */
  readonly isAlias: boolean
  /** It is this account's own address: what must not go on, or what the account does not want, stays with it. */
  readonly forwardOf?: AccountId
  /** Nobody has the address: it is who gets such mail, and is not known by that address. */
  readonly isCatchAll?: true
  /** A sender that we rewrote stands there: it is for reports alone. */
  readonly isReturn?: true
}

/** What a door does with addresses that are not ours. */
export interface RoutePolicy {
  /** Take mail for foreign domains: for our own users only. */
  readonly relays: boolean
  /** Take reports for senders that we rewrote: from the world only. */
  readonly returns?: boolean
}

/**
 * Nothing is passed on for now, and there is nowhere else to put it: the sender's host keeps it and tries again. Nothing is
 * taken that would have to be given back (RFC 5321 §6.1), and nothing is lost.
 */
const pausedRecipient = reply(
  450,
  '4.2.1',
  'The mailbox that this address forwards to refuses mail',
)

/** Looks a recipient up. Refusals as DESIGN.md, "Decided once". */
export async function route(
  store: Pick<Store, 'resolve' | 'quotas'>,
  recipient: MailPath,
  policy: RoutePolicy,
): Promise<Routed<Destination>> {
  const found = await store.resolve(recipient.address)
  const routed = destinationOf(found, recipient, policy)
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
  recipient: MailPath,
  policy: RoutePolicy,
): Routed<Destination> {
  const { address } = recipient
  switch (found.kind) {
    case 'local':
      return found.forward === undefined
        ? { ok: true, target: { local: [found.account], remote: [], isAlias: false } }
        : passedOn(withOwn(found.account, found.forward, address), {
            forwardOf: found.account.account,
          })
    case 'alias':
      return passedOn(found, found.isCatchAll === true ? { isCatchAll: true } : {})
    case 'returned':
      return policy.returns === true
        ? returned(found, recipient.domain)
        : { ok: false, reply: replies.unknownRecipient }
    case 'foreign':
      return policy.relays
        ? { ok: true, target: { local: [], remote: [{ address }], isAlias: false } }
        : { ok: false, reply: replies.foreignRecipient }
    case 'unknown':
      return {
        ok: false,
        reply: replies.unknownRecipient,
        ...(found.wasOurs && { isNoGuess: true }),
      }
    case 'disabled':
      // Where nobody of a domain gets mail, nobody finds out by asking who is there.
      return {
        ok: false,
        reply: replies.disabledRecipient,
        ...(found.isWholeDomain && { isNoGuess: true }),
      }
    case 'loop':
      return { ok: false, reply: replies.recipientLoop }
  }
}

/** The account itself first, under the address asked for where that has a tag. */
function withOwn(account: LocalDestination, forward: Reached, address: string): Reached {
  const own = account.detail === '' ? account : { ...account, address }
  return { accounts: [own, ...forward.accounts], remote: forward.remote }
}

/** What goes on, without targets that are paused: whom they stand for keeps a copy meanwhile. */
function passedOn(
  { accounts, remote }: Reached,
  kind: Pick<Destination, 'forwardOf' | 'isCatchAll'> = {},
): Routed<Destination> {
  const open = remote.filter(({ isPaused }) => !isPaused)
  const bypassed = accounts.filter(({ isBypassed }) => isBypassed === true)
  const staying = accounts.filter(({ isBypassed }) => isBypassed !== true)
  const isWhole = open.length === remote.length
  const local = isWhole ? staying : accounts
  if (local.length + open.length === 0) return { ok: false, reply: pausedRecipient }
  const fallback = isWhole && bypassed.length > 0 ? { fallback: bypassed } : {}
  return { ok: true, target: { local, ...fallback, ...kind, remote: open, isAlias: true } }
}

/** A report goes on under the domain that the sender was rewritten to. */
function returned({ accounts, remote }: Reached, domain: string): Routed<Destination> {
  const back = remote.map(({ address }) => ({ address, domain }))
  return { ok: true, target: { local: accounts, remote: back, isAlias: false, isReturn: true } }
}
