import { foldText, searchedFields } from '@posthouse/message'
import {
  keptFieldCharacters,
  verdict,
  type MessageId,
  type MessageRow,
  type OpenMailbox,
  type StoredFacts,
  type Uid,
} from '@posthouse/store'

/** Fields whose text is kept for searching. */
export type KeptField = 'from' | 'to' | 'cc' | 'bcc' | 'subject'

/** Facts that SEARCH can need. */
export type SearchFact =
  | KeptField
  | 'sentDay'
  | 'prefix'
  | 'header'
  | 'headerSize'
  | 'savedAt'
  | 'threadId'

/** Those facts of a message that the program asked for. */
export type SearchedFacts = Partial<Pick<StoredFacts, Exclude<SearchFact, 'savedAt' | 'threadId'>>>

const noVerdicts: readonly Uint8Array[] = []

type SearchedField = ReturnType<typeof searchedFields>[number]

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
  /** The program is true of it. */
  isFound = false
  /** When it came into the mailbox, seconds since 1970. */
  savedAt: number | undefined
  /** The conversation it belongs to. */
  threadId: number | undefined
  facts: SearchedFacts | undefined
  octets: Buffer | undefined
  /** The body's text, folded: there when the octets are and the program looks at it. */
  text: string | undefined
  #fields: readonly SearchedField[] | undefined
  readonly #session: Pick<OpenMailbox, 'isRecent'>
  #verdicts: readonly Uint8Array[] = noVerdicts
  #place = 0

  constructor(
    seq: number,
    uid: Uid,
    row: Pick<MessageRow, 'flags' | 'size' | 'received' | 'modSeq' | 'messageId'>,
    session: Pick<OpenMailbox, 'isRecent'>,
  ) {
    this.seq = seq
    this.uid = uid
    this.flags = row.flags
    this.size = row.size
    this.received = row.received
    this.modSeq = row.modSeq
    this.messageId = row.messageId
    this.#session = session
  }

  /** Whether this session was the first to be told of it (RFC 3501 §2.3.2). */
  get isRecent(): boolean {
    return this.#session.isRecent(this.uid)
  }

  /** Takes what the search index knows: by a term's number, then by this message's place. */
  learn(verdicts: readonly Uint8Array[], place: number): void {
    this.#verdicts = verdicts
    this.#place = place
  }

  /** What the index knows of a term, by its number; undefined where it was not asked, or does not know. */
  indexed(term: number): boolean | undefined {
    const known = this.#verdicts[term]?.[this.#place] ?? verdict.unknown
    return known === verdict.unknown ? undefined : known === verdict.yes
  }

  /** Whether one of the fields that are kept for searching contains a folded text; undefined: not known yet. */
  fieldContains(field: KeptField, text: string): boolean | undefined {
    const kept = this.facts?.[field]
    if (kept === undefined) return undefined
    if (foldText(kept).includes(text)) return true
    // A longer one was cut off: it is looked up in the header.
    return kept.length < keptFieldCharacters ? false : this.headerContains(field, text)
  }

  /** Whether a field of this name (lower case) contains a folded text, or exists where the text is empty. */
  headerContains(name: string, text: string): boolean | undefined {
    return this.#searchedFields()?.some(
      (field) => field.name === name && (text === '' || field.value.includes(text)),
    )
  }

  /** Whether the body's text contains a folded text. */
  bodyContains(text: string): boolean | undefined {
    return this.text?.includes(text)
  }

  /** Whether any header field, name included, contains a folded text. */
  anyHeaderContains(text: string): boolean | undefined {
    return this.#searchedFields()?.some(({ name, value }) => `${name}: ${value}`.includes(text))
  }

  /** Gives back what is large, once the message is decided. */
  forget(): void {
    this.octets = undefined
    this.facts = undefined
    this.text = undefined
    this.#fields = undefined
  }

  #searchedFields(): readonly SearchedField[] | undefined {
    const header = this.#fields === undefined ? this.#header() : undefined
    if (header !== undefined) this.#fields = searchedFields(header)
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
