import type { LogFilter } from './log-filter.ts'

/** How much an event matters, least first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const

/** One of them. */
export type LogLevelName = (typeof logLevels)[number]

/** Another level for some events, for a while. */
export interface LevelChange {
  /** An app, the first words of events (`smtp`, `smtp.rcpt`), or `all`. */
  readonly module: string
  readonly level: LogLevelName
  /** When it is over, RFC 3339. */
  readonly until: string
}

/** Somebody who hears lines as they come, whatever is written elsewhere. */
interface Tap {
  readonly filter: LogFilter
  readonly hear: (line: string) => void
}

interface Kept extends LevelChange {
  readonly timer: NodeJS.Timeout
}

/** What can be changed about the logs of this process while it runs: their levels, and who listens. */
export class LogDesk {
  readonly #changes = new Map<string, Kept>()
  readonly #taps = new Set<Tap>()

  /** Nothing differs from what was configured, and nobody listens: what is true nearly always. */
  get isAtRest(): boolean {
    return this.#changes.size === 0 && this.#taps.size === 0
  }

  /**
   * Another level for a module, for so long; then it returns to what was configured by itself. Undefined ends a change at once.
   */
  setLevel(module: string, level: LogLevelName | undefined, forMs: number): void {
    clearTimeout(this.#changes.get(module)?.timer)
    this.#changes.delete(module)
    if (level === undefined || forMs <= 0) return
    const timer = setTimeout(() => this.#changes.delete(module), forMs).unref()
    const until = new Date(Date.now() + forMs).toISOString()
    this.#changes.set(module, { module, level, until, timer })
  }

  /** The changes that hold now. */
  changes(): readonly LevelChange[] {
    return [...this.#changes.values()].map(({ module, level, until }) => ({ module, level, until }))
  }

  /** The level that was set for an event, the most exact one; undefined: none was. */
  levelOf(event: string, app: string): LogLevelName | undefined {
    let found: Kept | undefined
    for (const change of this.#changes.values()) {
      if (exactness(change.module, event, app) > exactness(found?.module, event, app))
        found = change
    }
    return found?.level
  }

  /** True where somebody who listens wants to hear of this level. */
  isHeard(level: LogLevelName): boolean {
    for (const { filter } of this.#taps) if (filter.wantsLevel(level)) return true
    return false
  }

  /** Hears every line that the filter lets through. @returns listens no more */
  listen(filter: LogFilter, hear: (line: string) => void): () => void {
    const tap = { filter, hear }
    this.#taps.add(tap)
    return () => void this.#taps.delete(tap)
  }

  /** Hands a line to those who listen. */
  hear(line: string, level: LogLevelName): void {
    if (this.#taps.size === 0) return
    const record: unknown = JSON.parse(line)
    for (const { filter, hear } of this.#taps) if (filter.matches(record, level)) hear(line)
  }
}

/** 0: it is about something else. An event's words go before the app, and the app before `all`. */
function exactness(module: string | undefined, event: string, app: string): number {
  if (module === undefined) return 0
  if (event === module || event.startsWith(`${module}.`)) return 2 + module.length
  if (module === app) return 2
  return module === 'all' ? 1 : 0
}

/** The desk of this process. */
export const logDesk = new LogDesk()
