import { faultPoint } from '@posthouse/telemetry/fault-point'
import { packContent, type PackedContent } from './content.ts'
import type { Database } from './database.ts'
import type {
  AppendRequest,
  DeliveredCopy,
  Delivery,
  DeliveryRecipient,
  DeliveryResult,
} from './delivery.ts'
import { DeliveryRoutes, readUidValidity } from './delivery-routes.ts'
import { findDelivered } from './find-delivered.ts'
import { GroupCommit, type Outcome } from './group-commit.ts'
import { uid, type AccountId, type MailboxId, type MessageId } from './ids.ts'
import type { KeywordDictionaries } from './keyword-dictionaries.ts'
import { MessageIds } from './message-ids.ts'
import type { Transaction } from './statement.ts'
import type { KeptCopy } from './quarantine-writes.ts'
import { StoreUnavailable } from './unavailable.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'
import { isMailboxGone, writeDeliveries, type PreparedDelivery } from './write-deliveries.ts'
import { writeContents } from './write-messages.ts'

/** A recipient whose place and flags are known. */
interface RoutedCopy {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly prefix: Buffer
  readonly flags: number
}

/** Which of a delivery's copies is a recipient's; undefined where the account is gone. */
type Place =
  | { readonly of: 'copies'; readonly index: number }
  | { readonly of: 'kept'; readonly id: string }
  | undefined

/** How often a delivery looks for a new place when its mailbox disappears under it. */
const reroutes = 3

/** Takes deliveries and appends of the whole process and commits them in groups. */
export class Deliverer {
  readonly #database: Database
  readonly #keywords: KeywordDictionaries
  readonly #routes: DeliveryRoutes
  readonly #ids: MessageIds
  readonly #changed: (account: AccountId, mailbox: MailboxId) => void
  readonly #group: GroupCommit<PreparedDelivery, ReadonlyMap<MessageId, number>>

  /** `changed` is called after each commit, for every mailbox that got something. */
  constructor(
    database: Database,
    keywords: KeywordDictionaries,
    changed: (account: AccountId, mailbox: MailboxId) => void,
  ) {
    this.#database = database
    this.#keywords = keywords
    this.#routes = new DeliveryRoutes(database)
    this.#ids = new MessageIds(database)
    this.#changed = changed
    this.#group = new GroupCommit((units) => this.#commit(units))
  }

  /** Commits a delivery, in a group with others that wait. Resolves after the commit. */
  async deliver(delivery: Delivery): Promise<DeliveryResult> {
    const content = await packContent(delivery.octets)
    for (let attempt = 1; ; attempt++) {
      const { prepared, places } = await this.#prepare(delivery, content)
      if (places.every((place) => place === undefined) && prepared.outbound === undefined) {
        return { copies: places.map(() => ({ kind: 'gone' })) }
      }
      try {
        const uids = await this.#group.submit(prepared, delivery.octets.length)
        return { copies: places.map((place) => copyOf(prepared, place, uids)) }
      } catch (error) {
        if (!isMailboxGone(error) || attempt === reroutes) throw error
        for (const { account } of delivery.recipients) this.#routes.forget(account)
      }
    }
  }

  /**
   * Delivers inside a transaction of the caller's (a report with the outcomes it tells of). The result is true once that
   * transaction is committed. Prepared before, so that no statement of another connection runs inside.
   */
  async prepareWithin(delivery: Delivery): Promise<(tx: Transaction) => Promise<DeliveryResult>> {
    const content = await packContent(delivery.octets)
    const { prepared, places } = await this.#prepare(delivery, content)
    return async (tx) => {
      const { made } = await writeDeliveries(tx, [prepared])
      const uids = await made
      for (const { account, mailbox } of prepared.copies) {
        tx.afterCommit(() => this.#changed(account, mailbox))
      }
      return { copies: places.map((place) => copyOf(prepared, place, uids)) }
    }
  }

  /** Appends one message: see `appendAll`. */
  async append(
    account: AccountId,
    mailbox: MailboxId,
    request: AppendRequest,
  ): Promise<{ readonly uid: number; readonly uidValidity: number } | undefined | 'limit'> {
    const result = await this.appendAll(account, mailbox, [request])
    if (result === undefined || result === 'limit') return result
    return { uid: result.uids[0] ?? 0, uidValidity: result.uidValidity }
  }

  /**
   * Appends to one mailbox, all messages or none; their UIDs in order. Undefined where it is gone; 'limit' where the
   * account has too many keywords. `along` sends more statements in the same transaction, before the others.
   */
  async appendAll(
    account: AccountId,
    mailbox: MailboxId,
    requests: readonly AppendRequest[],
    along?: (tx: Transaction) => void,
  ): Promise<
    { readonly uids: readonly number[]; readonly uidValidity: number } | undefined | 'limit'
  > {
    const keywords = await this.#keywords.of(account)
    const flags = await keywords.bits([...new Set(requests.flatMap((request) => request.flags))])
    if (flags === undefined) return 'limit'
    // Before the commit: what fails after it would make the client append once more.
    const uidValidity = await readUidValidity(this.#database, account, mailbox)
    if (uidValidity === undefined) return undefined
    const prepared: PreparedDelivery[] = []
    for (const request of requests) {
      const place = { account, mailbox, flags: keywords.known(request.flags) }
      prepared.push(await this.#prepareAppend(request, place))
    }
    try {
      const made = await this.#commitAll(prepared, along)
      const uids = prepared.flatMap(({ copies }) =>
        copies.map((copy) => made.get(copy.messageId) ?? 0),
      )
      return uids.includes(0) ? undefined : { uids, uidValidity }
    } catch (error) {
      if (isMailboxGone(error)) return undefined
      throw error
    }
  }

  /**
   * Commits a message's content, which nothing refers to yet (it is kept for a day), and gives what is to be written to
   * enter it in a mailbox. 'limit' where the account has too many keywords.
   */
  async prepareReplacement(
    account: AccountId,
    mailbox: MailboxId,
    request: AppendRequest,
  ): Promise<PreparedDelivery | 'limit'> {
    const flags = await (await this.#keywords.of(account)).bits(request.flags)
    if (flags === undefined) return 'limit'
    const prepared = await this.#prepareAppend(request, { account, mailbox, flags })
    await this.#database.transact((tx) => writeContents(tx, [prepared.content]), { retry: true })
    return prepared
  }

  async #prepareAppend(
    { octets, facts, receivedAt }: AppendRequest,
    place: Omit<RoutedCopy, 'prefix'>,
  ): Promise<PreparedDelivery> {
    const content = await packContent(octets)
    const rest = { facts, receivedAt: receivedAt ?? new Date() }
    return this.#number(content, [{ ...place, prefix: Buffer.alloc(0) }], rest)
  }

  /** One may go with others that wait; several go by themselves, in one transaction. */
  async #commitAll(
    units: readonly PreparedDelivery[],
    along: ((tx: Transaction) => void) | undefined,
  ): Promise<ReadonlyMap<MessageId, number>> {
    const [first, more] = units
    if (first === undefined) return new Map()
    if (more === undefined && along === undefined)
      return this.#group.submit(first, first.facts.size)
    try {
      return await this.#commitTogether(units, along)
    } catch (error) {
      if (!isLost(error)) throw error
      const whole = { ...first, copies: units.flatMap(({ copies }) => copies) }
      const outcome = await this.#lookFor(whole, error)
      if (outcome.ok) return outcome.value
      throw outcome.error
    }
  }

  async #prepare(delivery: Delivery, content: PackedContent) {
    const { recipients, facts, receivedAt, queueId, origin, verdict } = delivery
    const { outbound, alsoOutbound } = delivery
    const routes = await this.#routes.route(recipients)
    const copies: RoutedCopy[] = []
    const kept: KeptCopy[] = []
    const places: Place[] = []
    for (const [i, recipient] of recipients.entries()) {
      const mailbox = routes[i]
      const { account, prefix, mailbox: wanted, asked, because } = recipient
      if (mailbox === undefined) {
        places.push(undefined)
      } else if (typeof wanted === 'string') {
        places.push({ of: 'copies', index: copies.length })
        const flags = await this.#flags(recipient)
        copies.push({
          account,
          mailbox,
          prefix,
          flags,
          ...(asked !== undefined && { asked }),
          ...(because !== undefined && { because }),
        })
      } else {
        const quarantineId = newUuid()
        places.push({ of: 'kept', id: uuidToBase32(quarantineId) })
        kept.push({ ...wanted, account, prefix, quarantineId })
      }
    }
    const rest = {
      facts,
      receivedAt,
      queueId,
      kept,
      ...(verdict && { verdict }),
      ...(origin && { origin }),
      ...(outbound && { outbound: { queueId, submission: outbound } }),
      ...(alsoOutbound && { alsoOutbound }),
    }
    return { prepared: await this.#number(content, copies, rest), places }
  }

  async #number(
    content: PackedContent,
    copies: readonly RoutedCopy[],
    rest: Omit<PreparedDelivery, 'content' | 'copies'>,
  ): Promise<PreparedDelivery> {
    const ids = await this.#ids.take(copies.length)
    return {
      ...rest,
      content,
      copies: copies.flatMap((copy, i) => {
        const messageId = ids[i]
        return messageId === undefined ? [] : [{ ...copy, messageId }]
      }),
    }
  }

  /** Mail is not lost for a keyword too many: it arrives without. */
  async #flags({ account, flags }: DeliveryRecipient): Promise<number> {
    if (flags.length === 0) return 0
    const known = await this.#keywords.of(account)
    return (await known.bits(flags)) ?? known.known(flags)
  }

  /** One transaction for all; where that fails for a reason of its content, one for each. */
  async #commit(
    units: readonly PreparedDelivery[],
  ): Promise<readonly Outcome<ReadonlyMap<MessageId, number>>[]> {
    try {
      const uids = await this.#commitTogether(units)
      return units.map(() => ({ ok: true, value: uids }))
    } catch (error) {
      if (isLost(error)) return Promise.all(units.map((unit) => this.#lookFor(unit, error)))
      if (error instanceof StoreUnavailable || units.length === 1) {
        return units.map(() => ({ ok: false, error }))
      }
    }
    const outcomes: Outcome<ReadonlyMap<MessageId, number>>[] = []
    for (const unit of units) outcomes.push(...(await this.#commit([unit])))
    return outcomes
  }

  async #commitTogether(
    units: readonly PreparedDelivery[],
    along: (tx: Transaction) => void = () => undefined,
  ): Promise<ReadonlyMap<MessageId, number>> {
    await faultPoint('store.deliver.before-commit')
    // Not awaited inside: the COMMIT travels together with the statements before it.
    const { made } = await this.#database.transact(
      (tx) => {
        along(tx)
        return writeDeliveries(tx, units)
      },
      { retry: true, plansOnce: true },
    )
    const uids = await made
    await faultPoint('store.deliver.after-commit')
    for (const { copies } of units) {
      for (const { account, mailbox } of copies) this.#changed(account, mailbox)
    }
    return uids
  }

  /** The connection was lost in COMMIT. Found: done. Not found: a temporary failure. Never a 250 on "perhaps". */
  async #lookFor(
    unit: PreparedDelivery,
    error: StoreUnavailable,
  ): Promise<Outcome<ReadonlyMap<MessageId, number>>> {
    try {
      const value = await findDelivered(this.#database, unit)
      if (value === undefined)
        return { ok: false, error: new StoreUnavailable(error.reason, 'none', error) }
      for (const { account, mailbox } of unit.copies) this.#changed(account, mailbox)
      return { ok: true, value }
    } catch {
      return { ok: false, error }
    }
  }
}

/** The connection was lost in COMMIT. One that was not replicated is there to be found, and still no success. */
function isLost(error: unknown): error is StoreUnavailable {
  return (
    error instanceof StoreUnavailable &&
    error.outcome === 'unknown' &&
    error.reason !== 'replication'
  )
}

function copyOf(
  prepared: PreparedDelivery,
  place: Place,
  uids: ReadonlyMap<MessageId, number>,
): DeliveredCopy {
  if (place?.of === 'kept') return { kind: 'kept-aside', id: place.id }
  const copy = place === undefined ? undefined : prepared.copies[place.index]
  if (copy === undefined) return { kind: 'gone' }
  return { kind: 'delivered', mailbox: copy.mailbox, uid: uid(uids.get(copy.messageId) ?? 0) }
}
