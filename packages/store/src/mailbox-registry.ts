import { checkpointLimits, type CheckpointLimits } from './checkpoint-schedule.ts'
import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import type { KeywordDictionaries } from './keyword-dictionaries.ts'
import { loadState } from './load-state.ts'
import { SharedMailbox } from './shared-mailbox.ts'
import { tupleStatement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

/** The channel on which processes tell one another which mailbox changed. */
export const mailboxChannel = 'posthouse_mailbox'

/** Bounds of what one process keeps in memory. An awake message takes 44 octets, one at rest about six. */
export interface RegistryLimits extends CheckpointLimits {
  /** Octets of states without sessions, and how many of those: beyond that they are dropped. */
  readonly idleBytes: number
  readonly idleMailboxes: number
  /** Octets of all states that are awake: beyond that they are put to rest, wanted or not. */
  readonly awakeBytes: number
  /** A state that nobody wanted for this long is put to rest. */
  readonly restMs: number
  /** How often mailboxes with sessions are compared with Postgres, in case a wake-up was lost. */
  readonly pollMs: number
}

/** Many sessions leave at once; one look at all states is enough for them. */
const trimDelayMs = 100
/** A state dropped with a longer tail than this leaves a checkpoint behind. */
const dropTail = 64

/** Six million messages awake; ten million at rest that nobody has open; a poll that costs one statement. */
export const registryLimits: RegistryLimits = {
  idleBytes: 64 * 1024 * 1024,
  idleMailboxes: 10_000,
  awakeBytes: 256 * 1024 * 1024,
  restMs: 60_000,
  pollMs: 10_000,
  ...checkpointLimits,
}

const pollStatement = tupleStatement<readonly [AccountId, number]>(
  'mailboxes_poll',
  `SELECT a.account_id, a.mailbox_id
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS a (account_id, mailbox_id, modseq)
  LEFT JOIN LATERAL (
    SELECT modseq FROM mailbox_head h
    WHERE h.account_id = a.account_id AND h.mailbox_id = a.mailbox_id AND h.live OFFSET 0
  ) h ON true
  WHERE h.modseq IS DISTINCT FROM a.modseq`,
)

/** The mailboxes this process has in memory, each once however many sessions it has. */
export class MailboxRegistry {
  readonly #database: Database
  readonly #keywords: KeywordDictionaries
  readonly #log: StoreLog
  readonly #limits: RegistryLimits
  /** In the order of their last use, those with sessions among them. */
  readonly #known = new Map<string, Promise<SharedMailbox | undefined>>()
  readonly #loaded = new Map<string, SharedMailbox>()
  /** How many sessions are on their way to a state: it is not to be dropped for having none. */
  readonly #arrivals = new Map<string, number>()
  /** States that changed while they had no session to follow for. */
  readonly #missed = new Set<string>()
  #stopListening: (() => void) | undefined
  readonly #timer: NodeJS.Timeout
  readonly #restTimer: NodeJS.Timeout
  #resting: Promise<void> | undefined
  /** Octets of states loaded since what is awake was last summed up. */
  #unweighed = 0
  #trimming: NodeJS.Timeout | undefined
  #isPolling = false

  constructor(
    database: Database,
    keywords: KeywordDictionaries,
    log: StoreLog,
    limits: RegistryLimits = registryLimits,
  ) {
    this.#database = database
    this.#keywords = keywords
    this.#log = log
    this.#limits = limits
    this.#timer = setInterval(() => void this.#poll(), limits.pollMs)
    this.#timer.unref()
    this.#restTimer = setInterval(() => {
      this.#listenNoLonger()
      void this.rest()
    }, limits.restMs)
    this.#restTimer.unref()
  }

  /** Octets that states hold, awake and at rest. */
  get heldBytes(): { readonly awake: number; readonly resting: number } {
    const held = { awake: 0, resting: 0 }
    for (const { isResting, view } of this.#loaded.values()) {
      held[isResting ? 'resting' : 'awake'] += view.heldBytes
    }
    return held
  }

  /** Puts to rest what nobody wanted since the last call, and more where too much is awake: the least recently used first. */
  rest(): Promise<void> {
    this.#resting ??= this.#restAll().finally(() => {
      this.#resting = undefined
    })
    return this.#resting
  }

  /** Many large mailboxes may be opened long before it is time to rest. */
  #weigh({ view }: SharedMailbox): void {
    this.#unweighed += view.heldBytes
    if (this.#unweighed < this.#limits.awakeBytes / 4) return
    this.#unweighed = 0
    void this.rest()
  }

  async #restAll(): Promise<void> {
    let tooMuch = this.heldBytes.awake - this.#limits.awakeBytes
    // Whoever uses one meanwhile moves it to the end.
    const all = [...this.#loaded.values()]
    for (const shared of all) {
      if (shared.isResting) continue
      const before = shared.view.heldBytes
      await shared.rest(tooMuch > 0)
      if (shared.isResting) tooMuch -= before
    }
    this.#trim()
  }

  /**
   * Opens the mailbox for a session that `attach` makes; undefined where it does not exist. `catchUp` then: a state without
   * sessions follows no wake-ups. A session of a state that was dropped while it was opened would hear of nothing any more.
   */
  async enter<T>(
    account: AccountId,
    mailbox: MailboxId,
    attach: (shared: SharedMailbox) => T,
  ): Promise<T | undefined> {
    const key = keyOf(account, mailbox)
    this.#arrivals.set(key, (this.#arrivals.get(key) ?? 0) + 1)
    try {
      const shared = await this.open(account, mailbox)
      return shared && attach(shared)
    } finally {
      const others = (this.#arrivals.get(key) ?? 1) - 1
      if (others > 0) this.#arrivals.set(key, others)
      else this.#arrivals.delete(key)
    }
  }

  /** The mailbox with everything that is committed by now, for one piece of work; undefined where it does not exist. */
  async open(account: AccountId, mailbox: MailboxId): Promise<SharedMailbox | undefined> {
    const key = keyOf(account, mailbox)
    this.#listen()
    this.#missed.delete(key)
    const known = this.#known.get(key)
    const shared = await (known ?? this.#load(key, account, mailbox))
    if (shared === undefined) return undefined
    // A state that was just read is new enough; an older one catches up first.
    if (known === undefined) {
      shared.checkpoints.writeSoon()
      this.#weigh(shared)
    } else await shared.refresh()
    if (shared.isGone) {
      // Somebody may have opened it anew in the meantime.
      if (this.#loaded.get(key) === shared) this.#drop(key)
      // It may have been restored since this process saw it go.
      return known === undefined ? undefined : this.open(account, mailbox)
    }
    this.#touch(key)
    return shared
  }

  /** Reads what was announced between the opening and the session's arrival. */
  async catchUp(shared: SharedMailbox): Promise<void> {
    this.#listen()
    if (this.#missed.delete(keyOf(shared.account, shared.mailbox))) await shared.refresh()
  }

  /** Tells everybody, here and elsewhere, that something was committed to this mailbox. */
  changed(account: AccountId, mailbox: MailboxId): void {
    const key = keyOf(account, mailbox)
    this.#database.notifier.notify(mailboxChannel, key)
    this.#wake(key)
  }

  /** Drops states beyond the limits, soon. To be called when a session leaves. */
  trimSoon(): void {
    this.#trimming ??= setTimeout(() => {
      this.#trimming = undefined
      this.#trim()
    }, trimDelayMs).unref()
  }

  #trim(): void {
    let bytes = 0
    let mailboxes = 0
    for (const [key, shared] of [...this.#loaded].toReversed()) {
      if (shared.sessions > 0 || this.#arrivals.has(key)) continue
      bytes += shared.view.heldBytes
      mailboxes++
      const isOver = bytes > this.#limits.idleBytes || mailboxes > this.#limits.idleMailboxes
      if (!isOver && !shared.isGone) continue
      this.#drop(key)
      // So that the next opening reads a short tail. Nothing depends on it.
      shared.checkpoints.write(dropTail).catch(() => {})
    }
  }

  close(): void {
    this.#stopListening?.()
    clearInterval(this.#timer)
    clearInterval(this.#restTimer)
    clearTimeout(this.#trimming)
    this.#known.clear()
    this.#loaded.clear()
  }

  #load(key: string, account: AccountId, mailbox: MailboxId): Promise<SharedMailbox | undefined> {
    const loading = this.#read(account, mailbox).then((shared) => {
      if (this.#known.get(key) !== loading) return shared
      if (shared === undefined) this.#known.delete(key)
      else this.#loaded.set(key, shared)
      return shared
    })
    this.#known.set(key, loading)
    loading.catch(() => {
      if (this.#known.get(key) === loading) this.#drop(key)
    })
    return loading
  }

  async #read(account: AccountId, mailbox: MailboxId): Promise<SharedMailbox | undefined> {
    const keywords = await this.#keywords.of(account)
    const loaded = await loadState(this.#database, account, mailbox)
    if (loaded === undefined) return undefined
    await keywords.cover(loaded.state.flagUnion)
    return new SharedMailbox(
      this.#database,
      keywords,
      account,
      mailbox,
      loaded,
      this.#limits,
      () => {
        // Sessions here were woken by the state itself.
        this.#database.notifier.notify(mailboxChannel, keyOf(account, mailbox))
      },
    )
  }

  /**
   * Listens from the first session on. A process without sessions (the MX, an idle POP3) is not told of each message: together they
   * took a tenth of what a lone delivery cost.
   */
  #listen(): void {
    this.#stopListening ??= this.#database.notifier.listen(mailboxChannel, {
      onWake: (payload, isOwn) => {
        if (!isOwn) this.#wake(payload)
      },
      onGap: () => {
        // Those with sessions are asked about; the others must look before they get one.
        for (const key of this.#known.keys()) this.#missed.add(key)
        void this.#poll()
      },
    })
  }

  /** A session that is about to begin listens anew when it is there: see `catchUp`. */
  #listenNoLonger(): void {
    if ([...this.#loaded.values()].some(({ sessions }) => sessions > 0)) return
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  #touch(key: string): void {
    const shared = this.#loaded.get(key)
    const known = this.#known.get(key)
    if (shared === undefined || known === undefined) return
    this.#loaded.delete(key)
    this.#loaded.set(key, shared)
  }

  #drop(key: string): void {
    this.#missed.delete(key)
    this.#known.delete(key)
    this.#loaded.delete(key)
  }

  #wake(key: string): void {
    const shared = this.#loaded.get(key)
    if (shared !== undefined && shared.sessions > 0) this.#refresh(shared)
    else if (this.#known.has(key)) this.#missed.add(key)
  }

  /** A failure is the next session command's to tell; the poll tries again. */
  #refresh(shared: SharedMailbox): void {
    shared.refresh().catch((error: unknown) => {
      this.#log.debug('store.mailbox.refresh.failed', { because: String(error) })
    })
  }

  /** The backstop for lost wake-ups: one statement for all mailboxes that have sessions. */
  async #poll(): Promise<void> {
    const watched = [...this.#loaded.values()].filter((shared) => shared.sessions > 0)
    if (watched.length === 0 || this.#isPolling) return
    this.#isPolling = true
    try {
      const rows = await this.#database.read(pollStatement, [
        watched.map(({ account }) => account),
        watched.map(({ mailbox }) => mailbox),
        watched.map(({ view }) => view.highestModSeq),
      ])
      for (const [account, mailbox] of rows) {
        this.#wake(keyOf(accountId(account), mailboxId(mailbox)))
      }
    } catch (error) {
      this.#log.debug('store.mailbox.poll.failed', { because: String(error) })
    } finally {
      this.#isPolling = false
    }
  }
}

function keyOf(account: AccountId, mailbox: MailboxId): string {
  return `${account} ${mailbox}`
}
