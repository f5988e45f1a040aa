import { decodeWords, headerFields, unfold, type HeaderField } from '@posthouse/message'
import type { MessageId, MessageRow, StoredFacts, Uid } from '@posthouse/store'
import { fold } from './fold.ts'

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
  | 'savedAt'
  | 'threadId'

/** Those facts of a message that the program asked for. */
export type SearchedFacts = Partial<Pick<StoredFacts, Exclude<SearchFact, 'savedAt' | 'threadId'>>>

/** What is known so far of a message that SEARCH looks at: numbers first, then facts, then its octets. */
export class SearchedMessage {
  readonly seq: number
  readonly uid: Uid
  readonly flags: number
  readonly size: number
  /** INTERNALDATE, seconds since 1970. */
  readonly received: number
  readonly modSeq: number
  readonly messageId: MessageId
  /** When it came into the mailbox, seconds since 1970. */
  savedAt: number | undefined
  /** The conversation it belongs to. */
  threadId: number | undefined
  readonly isRecent: boolean
  facts: SearchedFacts | undefined
  octets: Buffer | undefined
  /** The body's text, folded: there when the octets are and the program looks at it. */
  text: string | undefined
  #fields: readonly HeaderField[] | undefined

  constructor(
    seq: number,
    uid: Uid,
    row: Pick<MessageRow, 'flags' | 'size' | 'received' | 'modSeq' | 'messageId'>,
    isRecent: boolean,
  ) {
    this.seq = seq
    this.uid = uid
    this.flags = row.flags
    this.size = row.size
    this.received = row.received
    this.modSeq = row.modSeq
    this.messageId = row.messageId
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
    return this.#headerFields()?.some(
      (field) =>
        field.name.length === name.length &&
        field.name.toLowerCase() === name &&
        (text === '' || valueOf(field).includes(text)),
    )
  }

  /** Whether the body's text contains a folded text. */
  bodyContains(text: string): boolean | undefined {
    return this.text?.includes(text)
  }

  /** Whether any header field, name included, contains a folded text. */
  anyHeaderContains(text: string): boolean | undefined {
    return this.#headerFields()?.some((field) =>
      `${field.name.toLowerCase()}: ${valueOf(field)}`.includes(text),
    )
  }

  /** Gives back what is large, once the message is decided. */
  forget(): void {
    this.octets = undefined
    this.facts = undefined
    this.text = undefined
    this.#fields = undefined
  }

  #headerFields(): readonly HeaderField[] | undefined {
    if (this.#fields !== undefined) return this.#fields
    const header = this.#header()
    if (header === undefined) return undefined
    this.#fields = headerFields(header, { start: 0, end: header.length })
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

function valueOf(field: HeaderField): string {
  return fold(decodeWords(unfold(field.value)))
}
