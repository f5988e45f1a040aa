import { setImmediate as nextTurn } from 'node:timers/promises'
import { ContentReader } from './content-reader.ts'
import type { Database } from './database.ts'
import { FactsReader } from './facts-reader.ts'
import type { AccountId, MailboxId, MessageId, Uid } from './ids.ts'
import { loadState } from './load-state.ts'
import type { MailboxState } from './mailbox-state.ts'
import { MessageReader } from './message-reader.ts'
import { OctetSlabs } from './octet-slabs.ts'
import type { FactsOf } from './open-mailbox.ts'
import { SearchDictionary, type WordLists } from './search-dictionary.ts'
import { indexedFields, type IndexedField } from './search-fields.ts'
import {
  forgetOldSegments,
  readSegments,
  segmentPlaces,
  writeSegment,
  type SegmentPlace,
} from './search-rows.ts'
import {
  SegmentBuilder,
  indexedBytes,
  segmentCharacters,
  segmentMessages,
  unpackUids,
} from './search-segment.ts'

/** A mailbox is indexed when so many UIDs wait: to look into fewer messages costs a search less than to keep up. */
export const worthIndexing = 64

/** Messages that are read at a time. */
const block = 64

const neededFacts = [
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'prefix',
  'header',
  'headerSize',
] as const
type NeededFacts = FactsOf<(typeof neededFacts)[number]>

/** A message that is to be indexed. */
interface Waiting {
  readonly uid: Uid
  readonly messageId: MessageId
  readonly size: number
}

/** Where a segment that was written ends, and how many messages it got. */
interface Grown {
  readonly last: number
  readonly added: number
}

/** Pieces of memory for what it reads: the one in use, and the next. */
const bodySlabs = 2

/** Brings the search index of mailboxes up to date. One may be at work at a time: see `alone`. */
export class SearchIndexer {
  readonly #database: Database
  readonly #messages: MessageReader
  readonly #facts: FactsReader
  readonly #isOver: () => boolean

  constructor(database: Database, isOver: () => boolean = () => false) {
    this.#database = database
    this.#messages = new MessageReader(
      database,
      new ContentReader(database),
      new OctetSlabs(bodySlabs),
    )
    this.#facts = new FactsReader(database)
    this.#isOver = isOver
  }

  /**
   * Takes purged messages out, and indexes what is not indexed if it is `least` UIDs or more. Each segment is a transaction of
   * its own, so whatever comes in between loses no more than one. Gives how many messages were added.
   */
  async index(account: AccountId, mailbox: MailboxId, least = worthIndexing): Promise<number> {
    await forgetOldSegments(this.#database, account, mailbox)
    const loaded = await loadState(this.#database, account, mailbox)
    if (loaded === undefined) return 0
    const { state } = loaded
    const places = await segmentPlaces(this.#database, account, mailbox)
    for (const place of places) {
      if (place.isStale && !this.#isOver()) await this.#renew(account, mailbox, place, state)
    }
    let end = places.at(-1)?.last ?? 0
    if (state.uidNext - 1 - end < least) return 0
    let tail = places.at(-1)
    let added = 0
    while (end < state.uidNext - 1 && !this.#isOver()) {
      const grown = await this.#grow(account, mailbox, state, end, tail)
      if (grown === undefined) break
      added += grown.added
      end = grown.last
      tail = undefined
    }
    return added
  }

  /** Writes a segment anew without the messages that are gone. */
  async #renew(
    account: AccountId,
    mailbox: MailboxId,
    place: SegmentPlace,
    state: MailboxState,
  ): Promise<void> {
    const builder = new SegmentBuilder()
    await this.#takeOver(account, mailbox, place, state, builder)
    await writeSegment(this.#database, account, mailbox, place, builder.pack(), true)
  }

  /** Writes the messages behind `end` into the last segment, or into a new one where that is full. */
  async #grow(
    account: AccountId,
    mailbox: MailboxId,
    state: MailboxState,
    end: number,
    tail: SegmentPlace | undefined,
  ): Promise<Grown | undefined> {
    const builder = new SegmentBuilder()
    const isRoom = tail !== undefined && hasRoom(tail)
    if (isRoom) await this.#takeOver(account, mailbox, tail, state, builder)
    const first = isRoom ? tail.first : end + 1
    const before = builder.size
    let last = end
    for await (const uid of this.#fill(account, mailbox, state, end, builder)) last = uid
    if (this.#isOver()) return undefined
    if (!builder.isFull) last = state.uidNext - 1
    const range = { first, last }
    const isStale = isRoom && tail.isStale
    const packed = builder.pack()
    const isWritten = await writeSegment(this.#database, account, mailbox, range, packed, isStale)
    return isWritten ? { last, added: builder.size - before } : undefined
  }

  /** Adds live messages above `end` until the builder is full; says the UID of each. */
  async *#fill(
    account: AccountId,
    mailbox: MailboxId,
    state: MailboxState,
    end: number,
    builder: SegmentBuilder,
  ): AsyncGenerator<number> {
    for (let index = state.lowerBound(end + 1); index < state.size && !builder.isFull;) {
      const waiting = waitingFrom(state, index)
      index += waiting.length
      for await (const { message, facts, content } of this.#read(account, mailbox, waiting)) {
        if (builder.isFull || this.#isOver()) return
        builder.add({
          uid: message.uid,
          kept: facts,
          header: await this.#header(account, message, facts),
          content,
        })
        yield message.uid
        await nextTurn()
      }
    }
  }

  /** Facts and contents. What was purged meanwhile is passed over. */
  async *#read(account: AccountId, mailbox: MailboxId, waiting: readonly Waiting[]) {
    const facts = new Map<Uid, NeededFacts>()
    for await (const one of this.#facts.read(account, mailbox, waiting, neededFacts))
      facts.set(one.uid, one)
    const small = waiting.filter(({ size }) => size <= indexedBytes)
    const contents = this.#messages.bodies(account, small)
    let next: Awaited<ReturnType<typeof contents.next>> | undefined
    try {
      for (const message of waiting) {
        const known = facts.get(message.uid)
        const isSmall = message.size <= indexedBytes
        let content: Buffer | undefined
        if (isSmall) {
          next ??= await contents.next()
          if (next.done === true || next.value.wanted !== message) continue
          // Valid until the next one is asked for.
          content = next.value.octets.subarray(known?.prefix.length ?? 0)
          next = undefined
        }
        if (known !== undefined) yield { message, facts: known, content }
      }
    } finally {
      // Gives its memory back.
      await contents.return(undefined)
    }
  }

  async #header(account: AccountId, { messageId }: Waiting, facts: NeededFacts): Promise<Buffer> {
    const { prefix, header, headerSize } = facts
    if (header !== null) return Buffer.concat([prefix, header])
    const end = prefix.length + headerSize
    return (await this.#messages.octets(account, messageId, 0, end)) ?? prefix
  }

  async #takeOver(
    account: AccountId,
    mailbox: MailboxId,
    { first }: SegmentPlace,
    state: MailboxState,
    builder: SegmentBuilder,
  ): Promise<void> {
    const rows = await readSegments(this.#database, account, mailbox, [first], indexedFields)
    for (const { messages, uids, dictionaries } of rows) {
      const lists = new Map<IndexedField, WordLists>()
      for (const [field, packed] of dictionaries) {
        lists.set(field, await new SearchDictionary(packed, messages).unpack())
      }
      builder.takeOver(unpackUids(uids), lists, (uid) => isLive(state, uid))
    }
  }
}

function hasRoom({ messages, characters }: SegmentPlace): boolean {
  return messages < segmentMessages && characters < segmentCharacters
}

function waitingFrom(state: MailboxState, from: number): readonly Waiting[] {
  const count = Math.min(block, state.size - from)
  return Array.from({ length: count }, (_, i) => {
    const index = from + i
    return {
      uid: state.uidAt(index),
      messageId: state.messageIdAt(index),
      size: state.sizeAt(index),
    }
  })
}

function isLive(state: MailboxState, uid: number): boolean {
  const index = state.lowerBound(uid)
  return index < state.size && state.uidAt(index) === uid
}
