import type { Database } from './database.ts'
import { noAppPassword, writeSignIns, type SignInNote } from './sign-in-table.ts'
import type { StoreLog } from './store-log.ts'

/** Soon enough for who looks after trying, long enough for a storm to become few rows. */
const flushMs = 500

/** Different ones that wait, also while the database is slow: more are an attack from many addresses, of which the number is enough. */
const mostWaiting = 500

const manyClients = '0.0.0.0/0'

/**
 * What is recorded of attempts to sign in, whatever became of them: off their path, gathered for a moment, and a failure costs
 * only the note.
 */
export class SignInNotes {
  readonly #database: Database
  readonly #log: StoreLog
  #waiting = new Map<string, SignInNote>()
  #isFlushDue = false

  constructor(database: Database, log: StoreLog) {
    this.#database = database
    this.#log = log
  }

  /** One attempt. @param appPassword its UUID; undefined: the account's own password */
  add(attempt: Omit<SignInNote, 'times' | 'appPassword'>, appPassword: string | undefined): void {
    const note = { ...attempt, appPassword: appPassword ?? noAppPassword, times: 1 }
    const exact = keyOf(note)
    const isFull = this.#waiting.size >= mostWaiting && !this.#waiting.has(exact)
    const kept = isFull ? { ...note, client: manyClients } : note
    const key = isFull ? keyOf(kept) : exact
    const known = this.#waiting.get(key)
    if (known === undefined) this.#waiting.set(key, kept)
    else known.times += 1
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setTimeout(() => void this.#flush(), flushMs).unref()
  }

  async #flush(): Promise<void> {
    const notes = [...this.#waiting.values()]
    this.#waiting = new Map()
    try {
      await writeSignIns(this.#database, notes)
    } catch (error) {
      this.#log.debug('store.sign-in.note.failed', { because: String(error) })
    }
    // One at a time: behind a slow database attempts gather here, and no further.
    this.#isFlushDue = false
    if (this.#waiting.size > 0) this.#flushSoon()
  }
}

function keyOf({ account, protocol, client, result, appPassword }: SignInNote): string {
  return `${account} ${protocol} ${client} ${result} ${appPassword}`
}
