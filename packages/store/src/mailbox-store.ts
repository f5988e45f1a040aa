import { checkMailboxes } from './check-mailboxes.ts'
import { ContentReader } from './content-reader.ts'
import type { Database } from './database.ts'
import { Deliverer } from './deliverer.ts'
import type {
  AppendAllResult,
  AppendRequest,
  AppendResult,
  Delivery,
  DeliveryResult,
} from './delivery.ts'
import { FactsReader } from './facts-reader.ts'
import { askToLearn } from './filter-training-writes.ts'
import { FetchJournal } from './fetch-journal.ts'
import { uid, type AccountId, type MailboxId, type Uid } from './ids.ts'
import { Keeper } from './keeper.ts'
import { KeywordDictionaries } from './keyword-dictionaries.ts'
import { MailboxCatalog, type MailboxContents } from './mailbox-catalog.ts'
import { MailboxRegistry, registryLimits, type RegistryLimits } from './mailbox-registry.ts'
import { MailboxSession, type SessionServices } from './mailbox-session.ts'
import { MailboxTransfers } from './mailbox-transfers.ts'
import type { MailboxKeeper, Mailboxes, UndeleteRange } from './mailboxes.ts'
import { MessageReader } from './message-reader.ts'
import { OctetSlabs } from './octet-slabs.ts'
import type { OpenMailbox, ReplaceOutcome } from './open-mailbox.ts'
import { QuotaTable } from './quota-table.ts'
import { savedDates } from './saved-dates.ts'
import { catchUpSearch, searchTasks, type IndexListener } from './search-catch-up.ts'
import { SearchKeeper } from './search-keeper.ts'
import { SearchLookup } from './search-lookup.ts'
import { SearchSegments } from './search-segments.ts'
import type { SharedMailbox } from './shared-mailbox.ts'
import type { Transaction } from './statement.ts'
import type { CheckWatch, Finding } from './store.ts'
import { silentLog, type StoreLog } from './store-log.ts'
import { threadIds } from './thread-ids.ts'
import { undelete } from './undelete.ts'
import { vanishedSince } from './vanished.ts'

/** Slabs for bodies that are read ahead, all sessions together: 64 MiB. Who finds none reads one message at a time. */
const bodySlabs = 64

/** Everything about mailboxes and messages: the half of the store that a message passes through. */
export class MailboxStore implements MailboxContents {
  /** Octets by hash; the queue reads what it sends here. */
  readonly contents: ContentReader
  readonly #database: Database
  readonly #registry: MailboxRegistry
  readonly #deliverer: Deliverer
  readonly #services: SessionServices
  readonly #keeper: Keeper
  readonly #search: SearchKeeper
  readonly #fetches: FetchJournal
  readonly #quotas: QuotaTable

  constructor(database: Database, log: StoreLog = silentLog, limits: Partial<RegistryLimits> = {}) {
    const keywords = new KeywordDictionaries(database)
    const changed = (account: AccountId, mailbox: MailboxId): void => {
      this.changed(account, mailbox)
    }
    const segments = new SearchSegments(database)
    const quotas = new QuotaTable(database, log)
    this.#database = database
    this.contents = new ContentReader(database)
    this.#registry = new MailboxRegistry(database, keywords, log, { ...registryLimits, ...limits })
    this.#deliverer = new Deliverer(database, keywords, changed)
    this.#fetches = new FetchJournal(database, log)
    this.#services = {
      fetches: this.#fetches,
      messages: new MessageReader(database, this.contents, new OctetSlabs(bodySlabs)),
      facts: new FactsReader(database),
      transfers: new MailboxTransfers(database, quotas, changed),
      append: (account, mailbox, request) => this.append(account, mailbox, request),
      replace: (source, replaced, target, request) => {
        return this.#replace(source, replaced, target, request)
      },
      vanishedSince: (account, mailbox, modSeq) => {
        return vanishedSince(database, account, mailbox, modSeq)
      },
      learnFrom: (account, messageIds, isSpam) => {
        void askToLearn(database, account, messageIds, isSpam).catch((error: unknown) => {
          log.debug('store.training.failed', { account, because: String(error) })
        })
      },
      threadIds: (account, wanted) => threadIds(database, account, wanted),
      savedAt: (account, mailbox, uids) => savedDates(database, account, mailbox, uids),
      lookUp: (account, mailbox, terms) => SearchLookup.begin(segments, account, mailbox, terms),
    }
    this.#keeper = new Keeper(database, log)
    this.#search = new SearchKeeper(database, log)
    this.#quotas = quotas
  }

  /** Commits a message, together with others that wait. 250 may be said when this resolves. */
  deliver(delivery: Delivery): Promise<DeliveryResult> {
    return this.#deliverer.deliver(delivery)
  }

  /** Prepares a delivery that a transaction of the caller's is to write, with its other rows. */
  prepareDelivery(delivery: Delivery): Promise<(tx: Transaction) => Promise<DeliveryResult>> {
    return this.#deliverer.prepareWithin(delivery)
  }

  /** Limits of accounts. */
  get quotas(): QuotaTable {
    return this.#quotas
  }

  /** The account's mailboxes. */
  mailboxes(account: AccountId, keeper?: MailboxKeeper): Mailboxes {
    return new MailboxCatalog(this.#database, this, account, keeper)
  }

  /** Opens a mailbox for a session; undefined when it does not exist. */
  async open(
    account: AccountId,
    mailbox: MailboxId,
    options: { readonly readOnly: boolean },
  ): Promise<OpenMailbox | undefined> {
    const entered = await this.#registry.enter(account, mailbox, (shared) => {
      const release = (): void => this.#registry.trimSoon()
      return {
        shared,
        session: new MailboxSession(shared, this.#services, options.readOnly, release),
      }
    })
    if (entered === undefined) return undefined
    const { shared, session } = entered
    try {
      await this.#registry.catchUp(shared)
      if (!options.readOnly) await shared.claimRecent()
      // The caller reads the state before anything else can move it.
      session.begin()
    } catch (error) {
      session.close()
      throw error
    }
    return session
  }

  /** Appends a message to a mailbox (RFC 3501 §6.3.11). */
  async append(
    account: AccountId,
    mailbox: MailboxId,
    request: AppendRequest,
  ): Promise<AppendResult> {
    const result = await this.appendAll(account, mailbox, [request])
    if (!result.ok) return result
    const { uidValidity, uids } = result
    return { ok: true, uidValidity, uid: uids[0] ?? uid(0) }
  }

  /** Appends messages to a mailbox, all or none (RFC 3502 §2); `along` sends more in the same transaction. */
  async appendAll(
    account: AccountId,
    mailbox: MailboxId,
    requests: readonly AppendRequest[],
    along?: (tx: Transaction) => void,
  ): Promise<AppendAllResult> {
    const bytes = requests.reduce((sum, { octets }) => sum + octets.length, 0)
    if (!(await this.#quotas.hasRoom(account, bytes, requests.length))) {
      return { ok: false, reason: 'quota' }
    }
    const result = await this.#deliverer.appendAll(account, mailbox, requests, along)
    if (result === undefined) return { ok: false, reason: 'nonexistent' }
    if (result === 'limit') return { ok: false, reason: 'limit' }
    return { ok: true, uids: result.uids.map(uid), uidValidity: result.uidValidity }
  }

  /** REPLACE: only the difference in size is weighed (RFC 8508 §3.3). */
  async #replace(
    source: SharedMailbox,
    replaced: Uid,
    target: MailboxId,
    request: AppendRequest,
  ): Promise<ReplaceOutcome> {
    const { account, state } = source
    const index = state.indexOf(replaced)
    if (index === -1) return { ok: false, reason: 'gone' }
    const growth = request.octets.length - state.sizeAt(index)
    if (!(await this.#quotas.hasRoom(account, growth, 0))) return { ok: false, reason: 'quota' }
    const replacement = await this.#deliverer.prepareReplacement(account, target, request)
    if (replacement === 'limit') return { ok: false, reason: 'limit' }
    const { transfers } = this.#services
    const outcome = await transfers.replace(source, replaced, target, replacement)
    if (!outcome.ok) return outcome
    const made = outcome.pairs[0]?.[1]
    if (made === undefined) return { ok: false, reason: 'gone' }
    return { ok: true, uidValidity: outcome.uidValidity, uid: made }
  }

  /** The consistency check of mailboxes and messages (docs/store.md, I1 to I9). */
  check(watch?: CheckWatch): Promise<readonly Finding[]> {
    return checkMailboxes(this.#database, watch)
  }

  changed(account: AccountId, mailbox: MailboxId): void {
    this.#registry.changed(account, mailbox)
    this.#search.note(account, mailbox)
  }

  /** Indexes for searching what is not indexed and is worth it; gives how many messages. */
  indexForSearch(told?: IndexListener, signal?: AbortSignal): Promise<number> {
    return catchUpSearch(this.#database, told, signal)
  }

  /** Mailboxes that wait to be indexed: a thousand at most. */
  async waitingForSearch(): Promise<number> {
    return (await searchTasks(this.#database)).length
  }

  async countFrom(account: AccountId, mailbox: MailboxId, from: number): Promise<number> {
    const shared = await this.#registry.open(account, mailbox)
    return shared === undefined ? 0 : shared.view.size - shared.view.lowerBound(from)
  }

  async moveAll(account: AccountId, from: MailboxId, to: MailboxId): Promise<void> {
    const shared = await this.#registry.open(account, from)
    if (shared === undefined) return
    const outcome = await this.#services.transfers.move(shared, allUids(shared), to)
    if (!outcome.ok) throw new Error('a mailbox disappeared while INBOX was moved into it')
  }

  async undelete(
    account: AccountId,
    mailbox: MailboxId,
    range: UndeleteRange,
  ): Promise<number | undefined> {
    const shared = await this.#registry.open(account, mailbox)
    return shared && undelete(shared, range)
  }

  /** Writes checkpoints and segments that are due, now. */
  tidy(): Promise<void> {
    return this.#keeper.tidy()
  }

  /** Octets of mailboxes that this process has in memory. */
  get heldBytes(): { readonly awake: number; readonly resting: number } {
    return this.#registry.heldBytes
  }

  /** Puts to rest what nobody wanted since the last call; happens by itself once a minute. */
  rest(): Promise<void> {
    return this.#registry.rest()
  }

  /** Forgets everything in memory, and lets housekeeping finish its step. Sessions must be closed before. */
  async close(): Promise<void> {
    this.#registry.close()
    this.#quotas.close()
    await Promise.all([this.#keeper.close(), this.#search.close(), this.#fetches.flush()])
  }
}

function allUids({ state }: SharedMailbox): Uint32Array {
  return Uint32Array.from({ length: state.size }, (_, i) => state.uidAt(i))
}
