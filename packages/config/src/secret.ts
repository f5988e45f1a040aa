import { inspect } from 'node:util'

/**
 * A value that must not reach a log, an error text or a terminal by accident. Every ordinary way
 * of printing it says `[redacted]`; only `reveal()` gives the text.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself, for the one place that needs it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
