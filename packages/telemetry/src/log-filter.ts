import { logLevels, type LogLevelName } from './log-desk.ts'

/** Which lines somebody wants to hear. */
export interface LogQuestion {
  /** This level and what matters more. */
  readonly level: LogLevelName
  /** Of these apps; none: of all. */
  readonly apps: readonly string[]
  /** Names of one thing (an account's address, its id): a line is wanted if a field is one of them; none: all are. */
  readonly names: readonly string[]
}

/** Connections that are followed because they have named what is wanted: so many, the latest. */
const mostConnections = 1_000

/** Fields by which lines of one connection belong together. */
const connectionFields = ['connection', 'session'] as const

/**
 * Chooses lines. A connection that has once named what is wanted is wanted from then on: after sign-in most lines carry its id
 * and not the account's.
 */
export class LogFilter {
  readonly #level: number
  readonly #apps: ReadonlySet<string>
  readonly #names: ReadonlySet<string>
  readonly #connections = new Set<string>()

  constructor({ level, apps, names }: LogQuestion) {
    this.#level = logLevels.indexOf(level)
    this.#apps = new Set(apps)
    this.#names = new Set(names.map((name) => name.toLowerCase()))
  }

  /** True where lines of this level may be wanted. */
  wantsLevel(level: LogLevelName): boolean {
    return logLevels.indexOf(level) >= this.#level
  }

  /** True where this line is wanted. */
  matches(record: unknown, level: LogLevelName): boolean {
    if (!isRecord(record)) return false
    const isNamed = this.#names.size === 0 || this.#isAbout(record)
    if (!isNamed || !this.wantsLevel(level)) return false
    return this.#apps.size === 0 || this.#apps.has(String(record['app']))
  }

  #isAbout(record: Readonly<Record<string, unknown>>): boolean {
    const connections = connectionFields
      .map((field) => record[field])
      .filter((value) => typeof value === 'string')
    if (Object.values(record).some((value) => this.#isName(value))) {
      for (const connection of connections) this.#follow(connection)
      return true
    }
    return connections.some((connection) => this.#connections.has(connection))
  }

  #isName(value: unknown): boolean {
    if (typeof value === 'string') return this.#names.has(value.toLowerCase())
    return Array.isArray(value) && value.some((one) => typeof one === 'string' && this.#isName(one))
  }

  #follow(connection: string): void {
    this.#connections.delete(connection)
    this.#connections.add(connection)
    if (this.#connections.size <= mostConnections) return
    const [oldest] = this.#connections
    if (oldest !== undefined) this.#connections.delete(oldest)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
