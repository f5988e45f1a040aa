import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { StoreLog } from './store-log.ts'
import { writeTrace } from './trace-writer.ts'
import type { TraceEvent } from './trace-event.ts'

/** Written this often, together; and when a store closes. */
const everyMs = 30_000
/** What waits to be written, at most: while the database is away, more is forgotten. */
const mostWaiting = 10_000
/** UIDs that one session may have noted before they are written. */
const mostUids = 10_000

/** What a client fetches mail over. */
export type FetchedBy = 'imap' | 'pop3'

/** What one session has fetched of its mailbox. To note is to put a number into a set. */
export class FetchNotes {
  readonly #account: AccountId
  readonly #mailbox: MailboxId
  readonly #journal: FetchJournal
  #uids = new Set<number>()
  #by: FetchedBy = 'imap'
  #firstMs = 0
  #lastMs = 0

  constructor(account: AccountId, mailbox: MailboxId, journal: FetchJournal) {
    this.#account = account
    this.#mailbox = mailbox
    this.#journal = journal
  }

  /** This message's text was asked for by the client, over this protocol. */
  add(uid: number, by: FetchedBy): void {
    this.#by = by
    this.#lastMs = Date.now()
    if (this.#uids.size === 0) {
      this.#firstMs = this.#lastMs
      this.#journal.expect(this)
    }
    this.#uids.add(uid)
    if (this.#uids.size >= mostUids) this.#journal.take(this)
  }

  /** What was noted since the last time; undefined where there is nothing. */
  take(): TraceEvent | undefined {
    if (this.#uids.size === 0) return undefined
    const uids = Uint32Array.from(this.#uids).toSorted()
    this.#uids = new Set()
    const details = {
      by: this.#by,
      from: new Date(this.#firstMs).toISOString(),
      until: new Date(this.#lastMs).toISOString(),
    }
    return { kind: 'fetched', account: this.#account, mailbox: this.#mailbox, uids, details }
  }
}

/** Notes of fetches on their way into the trace: written behind, never on the read path, and lost with the process. */
export class FetchJournal {
  readonly #database: Database
  readonly #log: StoreLog
  readonly #open = new Set<FetchNotes>()
  #waiting: TraceEvent[] = []
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  constructor(database: Database, log: StoreLog) {
    this.#database = database
    this.#log = log
  }

  /** These notes have something to write, by and by. */
  expect(notes: FetchNotes): void {
    this.#open.add(notes)
    this.#timer ??= setTimeout(() => void this.flush(), everyMs).unref()
  }

  /** Takes what was noted so far: the session ends, or has noted much. */
  take(notes: FetchNotes): void {
    this.#open.delete(notes)
    const event = notes.take()
    if (event === undefined) return
    if (this.#waiting.length < mostWaiting) this.#waiting.push(event)
    this.#timer ??= setTimeout(() => void this.flush(), everyMs).unref()
  }

  /** Writes what there is. A failure costs the notes and nothing else. */
  async flush(): Promise<void> {
    await this.#writing
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const notes of this.#open) this.take(notes)
    clearTimeout(this.#timer)
    this.#timer = undefined
    const events = this.#waiting
    this.#waiting = []
    if (events.length === 0) return
    this.#writing = this.#write(events)
    await this.#writing
  }

  async #write(events: readonly TraceEvent[]): Promise<void> {
    try {
      await writeTrace(this.#database, events)
    } catch (error) {
      this.#log.debug('store.trace.fetches.lost', { because: String(error) })
    }
  }
}
