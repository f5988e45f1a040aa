import { systemFlags } from '@posthouse/imap-wire'
import type { OpenMailbox } from '@posthouse/store'

/** Spells flags the way responses need them. A mailbox has few different flag words: each is spelt once. */
export class FlagTexts {
  readonly #open: OpenMailbox
  readonly #plain = new Map<number, Buffer>()
  readonly #recent = new Map<number, Buffer>()
  /** The word that was spelt last: neighbours often have the same. */
  #last: { readonly flags: number; readonly isRecent: boolean; readonly text: Buffer } | undefined

  constructor(open: OpenMailbox) {
    this.#open = open
  }

  /** `(\Seen \Recent)`: the value of the FLAGS item. */
  list(flags: number, isRecent: boolean): Buffer {
    const last = this.#last
    if (last !== undefined && last.flags === flags && last.isRecent === isRecent) return last.text
    const known = isRecent ? this.#recent : this.#plain
    const text = known.get(flags) ?? this.#spell(flags, isRecent)
    if (known.size < 4096) known.set(flags, text)
    this.#last = { flags, isRecent, text }
    return text
  }

  #spell(flags: number, isRecent: boolean): Buffer {
    const names = [...this.#open.flagNames(flags), ...(isRecent ? ['\\Recent'] : [])]
    return Buffer.from(`(${names.join(' ')})`, 'latin1')
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
