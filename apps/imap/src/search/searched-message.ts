import { decodeWords, headerFields, unfold } from '@posthouse/message'
import type { StoredFacts, Uid } from '@posthouse/store'
import { fold } from './fold.ts'
import { messageText } from './message-text.ts'

/** Facts keep so many characters of a field for searching; a longer one is looked up in the header. */
const keptCharacters = 4096

/** Facts that SEARCH can need. */
export type SearchFact =
  | 'from'
  | 'to'
  | 'cc'
  | 'bcc'
  | 'subject'
  | 'sentDay'
  | 'prefix'
  | 'header'
  | 'headerSize'

/** Those facts of a message that the program asked for. */
export type SearchedFacts = Partial<Pick<StoredFacts, SearchFact>>

/** What is known so far of a message that SEARCH looks at: numbers first, then facts, then its octets. */
export class SearchedMessage {
  readonly seq: number
  readonly uid: Uid
  readonly flags: number
  readonly size: number
  /** INTERNALDATE, seconds since 1970. */
  readonly received: number
  readonly isRecent: boolean
  facts: SearchedFacts | undefined
  octets: Buffer | undefined
  #fields: readonly (readonly [string, string])[] | undefined
  #body: string | undefined

  constructor(
    seq: number,
    uid: Uid,
    row: { readonly flags: number; readonly size: number; readonly received: number },
    isRecent: boolean,
  ) {
    this.seq = seq
    this.uid = uid
    this.flags = row.flags
    this.size = row.size
    this.received = row.received
    this.isRecent = isRecent
  }

  /** Whether one of the fields that are kept for searching contains a folded text; undefined: not known yet. */
  fieldContains(
    field: 'from' | 'to' | 'cc' | 'bcc' | 'subject',
    text: string,
  ): boolean | undefined {
    const kept = this.facts?.[field]
    if (kept === undefined) return undefined
    if (fold(kept).includes(text)) return true
    return kept.length < keptCharacters ? false : this.headerContains(field, text)
  }

  /** Whether a field of this name (lower case) contains a folded text, or exists where the text is empty. */
  headerContains(name: string, text: string): boolean | undefined {
    const fields = this.#headerFields()
    if (fields === undefined) return undefined
    return fields.some(([known, value]) => known === name && value.includes(text))
  }

  /** Whether the body's text contains a folded text. */
  bodyContains(text: string): boolean | undefined {
    if (this.octets === undefined || this.facts?.prefix === undefined) return undefined
    this.#body ??= fold(messageText(this.octets.subarray(this.facts.prefix.length)))
    return this.#body.includes(text)
  }

  /** Whether any header field, name included, contains a folded text. */
  anyHeaderContains(text: string): boolean | undefined {
    const fields = this.#headerFields()
    return fields?.some(
      ([name, value]) => value.includes(text) || `${name}: ${value}`.includes(text),
    )
  }

  /** Gives back what is large, once the message is decided. */
  forget(): void {
    this.octets = undefined
    this.facts = undefined
    this.#fields = undefined
    this.#body = undefined
  }

  #headerFields(): readonly (readonly [string, string])[] | undefined {
    const header = this.#header()
    if (header === undefined) return undefined
    this.#fields ??= headerFields(header, { start: 0, end: header.length }).map(
      (field) => [field.name.toLowerCase(), fold(decodeWords(unfold(field.value)))] as const,
    )
    return this.#fields
  }

  /** The header with our prefix; from the octets where it was too large to be kept with the facts. */
  #header(): Buffer | undefined {
    const { prefix, header, headerSize } = this.facts ?? {}
    if (prefix === undefined || headerSize === undefined) return undefined
    if (header != null) return Buffer.concat([prefix, header])
    return this.octets?.subarray(0, prefix.length + headerSize)
  }
}
