import type { Database } from './database.ts'
import { tupleStatement, type Transaction } from './statement.ts'

/** Wakes processes when a domain is not what it was. No payload. */
const channel = 'posthouse_domain'

/**
 * What is older is read again before anybody relies on it: a wake-up may have been lost, and in a process that was asked nothing
 * for an hour what it knows is an hour old.
 */
const usualStaleMs = 10_000

const read = tupleStatement<readonly [name: string, aliasOf: string | null, isOff: boolean]>(
  'domain_states',
  `SELECT name, alias_of, disabled_at IS NOT NULL FROM domain
  WHERE disabled_at IS NOT NULL OR alias_of IS NOT NULL OR catchall_domain IS NOT NULL`,
)

/** The domains that are more than their addresses. */
export interface KnownDomains {
  /** There are none: nothing has to be asked but addresses. */
  readonly isPlain: boolean
  /** By their alias: the domains whose addresses they have. */
  readonly aliasOf: ReadonlyMap<string, string>
  readonly off: ReadonlySet<string>
}

/**
 * Which domains are aliases, have an address of last resort, or are switched off, from memory: most installations have none, and
 * a look at one more table would make that of a recipient half as expensive again (47 us of Postgres' time instead of 32). A
 * change is known as soon as its wake-up is heard.
 */
export class DomainStates {
  readonly #database: Database
  readonly #staleMs: number
  #known: Promise<KnownDomains> | undefined
  #readAt = -Infinity
  #isListening = false

  constructor(database: Database, staleMs = usualStaleMs) {
    this.#database = database
    this.#staleMs = staleMs
  }

  /** As they are now, or were ten seconds ago where a wake-up was lost. */
  current(): Promise<KnownDomains> {
    this.#listen()
    const known = this.#known
    if (known !== undefined && performance.now() - this.#readAt <= this.#staleMs) return known
    this.#readAt = performance.now()
    const fresh = this.#read()
    this.#known = fresh
    fresh.catch(() => {
      if (this.#known === fresh) this.#known = undefined
    })
    return fresh
  }

  /** Tells all processes, this one at once, when a change is committed. */
  tell(tx: Transaction): void {
    tx.notify(channel, '')
    tx.afterCommit(() => this.#forget())
  }

  async #read(): Promise<KnownDomains> {
    const rows = await this.#database.read(read)
    return {
      isPlain: rows.length === 0,
      aliasOf: new Map(rows.flatMap(([name, of]) => (of === null ? [] : [[name, of] as const]))),
      off: new Set(rows.flatMap(([name, , isOff]) => (isOff ? [name] : []))),
    }
  }

  #forget(): void {
    this.#known = undefined
  }

  /** Not before somebody asks: a command of the command line needs no connection for it. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    const forget = (): void => this.#forget()
    this.#database.notifier.listen(channel, { onWake: forget, onGap: forget })
  }
}
