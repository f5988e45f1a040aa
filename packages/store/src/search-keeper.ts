import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { searchTasks, searchTasksAmong, type SearchTask } from './search-catch-up.ts'
import type { SearchWork } from './search-worker.ts'
import type { StoreLog } from './store-log.ts'

/** When the index is looked after. */
export interface SearchSchedule {
  /** How often mailboxes that this process wrote to are looked at. */
  readonly everyMs: number
  /** How often all mailboxes are. */
  readonly sweepMs: number
  /** So many messages between two looks mean that there is better to do now. */
  readonly busyMessages: number
  /** The index waits no longer than this for a quieter time. */
  readonly patienceMs: number
}

/**
 * Mail is found quickly a minute or two after it came in bulk; whatever was missed, within a quarter of an hour. To index a
 * message costs about as much as to take it in: while 20 come in each second the index waits, for a quarter of an hour at most.
 * What is not indexed is found by reading it.
 */
export const searchSchedule: SearchSchedule = {
  everyMs: 60_000,
  sweepMs: 15 * 60_000,
  busyMessages: 1_200,
  patienceMs: 15 * 60_000,
}

/** More mailboxes than this are left to the sweep. */
const mostNoted = 10_000

/** Of the thread; what it holds at most is a segment, a block of messages and the texts of one. */
const resourceLimits = { maxOldGenerationSizeMb: 512 }

const closeMs = 1_000

/** Has the search index filled by a thread that lives as long as there is something to do. */
export class SearchKeeper {
  readonly #database: Database
  readonly #log: StoreLog
  readonly #schedule: SearchSchedule
  readonly #noted = new Map<string, SearchTask>()
  #sweepAt: number
  #arrived = 0
  #busySince: number | undefined
  #timer: NodeJS.Timeout | undefined
  #worker: Worker | undefined
  #isClosed = false

  constructor(database: Database, log: StoreLog, schedule: SearchSchedule = searchSchedule) {
    this.#database = database
    this.#log = log
    this.#schedule = schedule
    // Not all processes of a machine at the same moment.
    const spread = 1 + Math.random()
    this.#sweepAt = performance.now() + schedule.sweepMs * spread * 0.5
    this.#wait(schedule.everyMs * spread)
  }

  /** Something was written to this mailbox. */
  note(account: AccountId, mailbox: MailboxId): void {
    this.#arrived++
    if (this.#noted.size < mostNoted) this.#noted.set(`${account} ${mailbox}`, { account, mailbox })
  }

  /** Ends the thread; what it was at is as if it had not begun. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const worker = this.#worker
    if (worker === undefined) return
    const ended = Promise.withResolvers<void>()
    worker.once('exit', () => ended.resolve())
    worker.postMessage('end')
    const patience = setTimeout(() => void worker.terminate(), closeMs)
    await ended.promise
    clearTimeout(patience)
  }

  #wait(ms: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => this.#wait(this.#schedule.everyMs))
    }, ms)
    this.#timer.unref()
  }

  async #round(): Promise<void> {
    if (this.#isBusy()) return
    try {
      const tasks = await this.#tasks()
      if (tasks.length > 0 && !this.#isClosed) await this.#run(tasks)
    } catch (error) {
      this.#log.debug('store.search.failed', { because: String(error) })
    }
  }

  /** Much has come in since the last look, and the index has not waited for long. */
  #isBusy(): boolean {
    const isBusy = this.#arrived >= this.#schedule.busyMessages
    this.#arrived = 0
    const now = performance.now()
    if (isBusy) this.#busySince ??= now
    if (isBusy && now - (this.#busySince ?? now) < this.#schedule.patienceMs) return true
    this.#busySince = undefined
    return false
  }

  async #tasks(): Promise<readonly SearchTask[]> {
    if (performance.now() >= this.#sweepAt) {
      this.#sweepAt = performance.now() + this.#schedule.sweepMs
      this.#noted.clear()
      return searchTasks(this.#database)
    }
    const noted = [...this.#noted.values()]
    this.#noted.clear()
    return noted.length === 0 ? [] : searchTasksAmong(this.#database, noted)
  }

  /** The answer is how many messages were added; nothing where another process was at it, which may not know our tasks. */
  async #run(tasks: readonly SearchTask[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    const file = new URL(`search-worker${path.extname(import.meta.url)}`, import.meta.url)
    const workerData: SearchWork = { url: this.#database.url, tasks }
    const worker = new Worker(file, { workerData, resourceLimits })
    worker.unref()
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => {
      this.#worker = undefined
      resolve(0)
    })
    this.#worker = worker
    const added = await promise
    if (added === undefined) for (const { account, mailbox } of tasks) this.note(account, mailbox)
    else this.#log.debug('store.search.indexed', { mailboxes: tasks.length, messages: added })
  }
}
