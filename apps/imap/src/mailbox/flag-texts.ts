import { systemFlags } from '@posthouse/imap-wire'
import type { OpenMailbox } from '@posthouse/store'

/** Spells flags the way responses need them. A mailbox has few different flag words: each is spelt once. */
export class FlagTexts {
  readonly #open: OpenMailbox
  readonly #plain = new Map<number, string>()
  readonly #recent = new Map<number, string>()

  constructor(open: OpenMailbox) {
    this.#open = open
  }

  /** `(\Seen \Recent)`: the value of the FLAGS item. */
  list(flags: number, isRecent: boolean): string {
    const known = isRecent ? this.#recent : this.#plain
    const text = known.get(flags)
    if (text !== undefined) return text
    const names = [...this.#open.flagNames(flags), ...(isRecent ? ['\\Recent'] : [])]
    const spelt = `(${names.join(' ')})`
    if (known.size < 4096) known.set(flags, spelt)
    return spelt
  }

  /** The content of the FLAGS response (RFC 3501 §7.2.6). */
  applicable(): readonly string[] {
    return [...systemFlags, ...this.#open.keywords]
  }

  /** The content of PERMANENTFLAGS (RFC 3501 §7.1): nothing stays in a mailbox that is only looked at. */
  permanent(): readonly string[] {
    return this.#open.isReadOnly ? [] : [...this.applicable(), '\\*']
  }
}
