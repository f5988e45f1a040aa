import { bodyTexts, foldText, searchedFields } from '@posthouse/message'
import { packDictionary, type WordLists } from './search-dictionary.ts'
import { indexedFields, keptFieldCharacters, type IndexedField } from './search-fields.ts'
import { eachWord } from './search-words.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** Stands in every row: rows made by other rules are ignored and made anew. Raise it when words or texts change. */
export const searchVersion = 1

/** Messages of one segment at most. */
export const segmentMessages = 1_024
/** Once a segment's words have so many characters, it is full. */
export const segmentCharacters = 1_500_000
/** Of one text of one message so many characters of different words are kept; what is beyond is left to the scan. */
export const messageCharacters = 128 * 1024
/** Messages above this are not taken apart for the index: their bodies are left to the scan. */
export const indexedBytes = 16 * 1024 * 1024

/** A message for the index. */
export interface SegmentMessage {
  readonly uid: number
  /** The texts that facts keep, of each field. */
  readonly kept: Readonly<Record<Exclude<IndexedField, 'header' | 'body'>, string>>
  /** The prefix of the delivery, and the message's own header. */
  readonly header: Buffer
  /** Without the prefix; undefined where it is too large. */
  readonly content: Buffer | undefined
}

/** A segment ready to be written. */
export interface PackedSegment {
  readonly messages: number
  /** Characters of all its words. */
  readonly characters: number
  readonly uids: Buffer
  readonly dictionaries: Readonly<Record<IndexedField, Buffer>>
}

/** The words of one field while they are gathered. */
class Gathering {
  readonly words = new Map<string, number[]>()
  readonly partial: number[] = []
  characters = 0

  /** Adds the words of one message's texts, as far as they are allowed to go. */
  add(message: number, texts: Iterable<string>): void {
    const seen = new Set<string>()
    let left = messageCharacters
    for (const text of texts) {
      eachWord(text, (word) => {
        if (left <= 0 || seen.has(word)) return
        left -= word.length + 1
        // The one that went over the limit is left out.
        if (left <= 0) return
        seen.add(word)
        this.put(word, message)
      })
      if (left <= 0) break
    }
    if (left <= 0) this.partial.push(message)
  }

  put(word: string, message: number): void {
    const list = this.words.get(word)
    if (list !== undefined) {
      list.push(message)
      return
    }
    // A slice would keep the whole text alive.
    this.words.set(detached(word), [message])
    this.characters += word.length + 1
  }
}

/** Gathers the words of messages with ascending UIDs until it is full. */
export class SegmentBuilder {
  readonly #uids: number[] = []
  readonly #fields = new Map(indexedFields.map((field) => [field, new Gathering()] as const))

  get size(): number {
    return this.#uids.length
  }

  get characters(): number {
    let sum = 0
    for (const { characters } of this.#fields.values()) sum += characters
    return sum
  }

  get isFull(): boolean {
    return this.size >= segmentMessages || this.characters >= segmentCharacters
  }

  /** Takes over what an older segment has, except messages that are gone. To be called before anything is added. */
  takeOver(
    uids: readonly number[],
    lists: ReadonlyMap<IndexedField, WordLists>,
    isLive: (uid: number) => boolean,
  ): void {
    const places = uids.map((uid) => (isLive(uid) ? this.#uids.push(uid) - 1 : -1))
    for (const [field, { words, partial }] of lists) {
      const gathering = this.#gathering(field)
      for (const [word, list] of words) {
        for (const old of list) {
          const place = places[old] ?? -1
          if (place >= 0) gathering.put(word, place)
        }
      }
      gathering.partial.push(...partial.flatMap((old) => keptPlace(places[old])))
    }
  }

  /** Adds a message. Whatever its octets are, it is added; what can not be taken apart is left to the scan. */
  add({ uid, kept, header, content }: SegmentMessage): void {
    const message = this.#uids.push(uid) - 1
    for (const field of ['from', 'to', 'cc', 'bcc', 'subject'] as const) {
      const gathering = this.#gathering(field)
      gathering.add(message, [foldText(kept[field])])
      if (kept[field].length >= keptFieldCharacters) markPartial(gathering, message)
    }
    const lines = searchedFields(header).map(({ name, value }) => `${name}: ${value}`)
    this.#gathering('header').add(message, lines)
    const body = this.#gathering('body')
    if (content === undefined) markPartial(body, message)
    else body.add(message, bodyTexts(content))
  }

  pack(): PackedSegment {
    const uids = new VarintWriter()
    let last = 0
    for (const uid of this.#uids) {
      uids.write(uid - last)
      last = uid
    }
    const dictionary = (field: IndexedField): Buffer => packDictionary(this.#gathering(field))
    return {
      messages: this.size,
      characters: this.characters,
      uids: uids.finish(),
      dictionaries: {
        from: dictionary('from'),
        to: dictionary('to'),
        cc: dictionary('cc'),
        bcc: dictionary('bcc'),
        subject: dictionary('subject'),
        header: dictionary('header'),
        body: dictionary('body'),
      },
    }
  }

  #gathering(field: IndexedField): Gathering {
    const gathering = this.#fields.get(field)
    if (gathering === undefined) throw new Error(`no field ${field}`)
    return gathering
  }
}

/** Undoes the packing of UIDs. */
export function unpackUids(packed: Buffer): readonly number[] {
  const reader = new VarintReader(packed)
  const uids: number[] = []
  let last = 0
  while (!reader.isAtEnd) {
    last += reader.read()
    uids.push(last)
  }
  return uids
}

function markPartial({ partial }: Gathering, message: number): void {
  if (partial.at(-1) !== message) partial.push(message)
}

function keptPlace(place = -1): readonly number[] {
  return place < 0 ? [] : [place]
}

function detached(word: string): string {
  return Buffer.from(word).toString()
}
