import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SearchLookup, SearchTerm } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import type { Reader } from '../session/context.ts'
import type { Test } from './compile-search.ts'
import { messageText } from './message-text.ts'
import { SearchedMessage, type SearchFact } from './searched-message.ts'

/** A program ready to run, and what it has to read. */
export interface PreparedSearch {
  readonly test: Test
  /** The texts that it looks for. */
  readonly terms: readonly SearchTerm[]
  readonly facts: readonly SearchFact[]
  readonly looksAtBodies: boolean
}

/** What a block of messages came to. */
export interface SearchStep {
  readonly found: readonly SearchedMessage[]
  /** Messages looked at so far. */
  readonly done: number
}

/**
 * The messages that a program finds, ascending, block by block: what memory decides is decided
 * first, then what the search index decides, then what the facts decide, and only of the rest are the
 * bodies read. Other sessions have their turn between blocks; a lost connection ends it.
 */
export async function* searchMessages(
  reader: Reader,
  search: PreparedSearch,
): AsyncGenerator<SearchStep, void> {
  const { selected, closed } = reader
  const index = new Index(reader, search.terms)
  const { size } = selected.numbers
  for (let from = 1; from <= size && !closed.aborted; from += limits.searchBlock) {
    const to = Math.min(size, from + limits.searchBlock - 1)
    const found = await searchBlock(reader, { from, to }, search, index)
    yield { found, done: to }
    await nextTurn()
  }
}

async function searchBlock(
  reader: Reader,
  block: SeqRange,
  search: PreparedSearch,
  index: Index,
): Promise<readonly SearchedMessage[]> {
  const { test, facts } = search
  const messages = known(reader, block)
  let open = decide(messages, test)
  if (open.length >= limits.searchIndexed && (await index.tell(open))) {
    open = decide(open, test)
  }
  if (open.length > 0) {
    await readFacts(reader, open, facts)
    open = decide(open, test)
  }
  for (let at = 0; at < open.length; at += limits.searchBodies) {
    if (reader.closed.aborted) break
    await readBodies(reader, open.slice(at, at + limits.searchBodies), search)
  }
  return messages.filter((message) => message.isFound)
}

/** The search index for one search, opened when it is first needed. */
class Index {
  readonly #reader: Reader
  readonly #terms: readonly SearchTerm[]
  #lookup: Promise<SearchLookup | undefined> | undefined

  constructor(reader: Reader, terms: readonly SearchTerm[]) {
    this.#reader = reader
    // Of more the messages themselves are asked.
    this.#terms = terms.slice(0, limits.searchTerms)
  }

  /** Tells messages what is known of them; false where nothing is. */
  async tell(messages: readonly SearchedMessage[]): Promise<boolean> {
    if (this.#terms.length === 0) return false
    this.#lookup ??= this.#reader.selected.open.lookUp(this.#terms)
    const lookup = await this.#lookup
    if (lookup === undefined) return false
    const verdicts = await lookup.verdicts(messages.map(({ uid }) => uid))
    messages.forEach((message, place) => message.learn(verdicts, place))
    return true
  }
}

/** What memory knows. Messages that another session has expunged are not found any more. */
function known({ selected }: Reader, block: SeqRange): SearchedMessage[] {
  const { open, numbers } = selected
  const { state } = open
  const uids = numbers.uidsOf(block)
  const messages: SearchedMessage[] = []
  let at = state.lowerBound(uids[0] ?? 0)
  for (let i = 0; i < uids.length; i++) {
    const wanted = uids[i] ?? 0
    while (at < state.size && state.uidAt(at) < wanted) at++
    if (at === state.size) break
    const uid = state.uidAt(at)
    if (uid !== wanted) continue
    const row = {
      flags: state.flagsAt(at),
      size: state.sizeAt(at),
      received: state.receivedAt(at),
      modSeq: state.modSeqAt(at),
      messageId: state.messageIdAt(at),
    }
    messages.push(new SearchedMessage(block.from + i, uid, row, open))
  }
  return messages
}

/** Sorts out what is decided; returns what is not. */
function decide(messages: readonly SearchedMessage[], test: Test): SearchedMessage[] {
  return messages.filter((message) => {
    const result = test(message)
    message.isFound = result === true
    return result === undefined
  })
}

async function readFacts(
  { selected }: Reader,
  messages: readonly SearchedMessage[],
  wanted: readonly SearchFact[],
): Promise<void> {
  const byUid = new Map(messages.map((message) => [message.uid, message]))
  if (wanted.includes('savedAt')) {
    for (const [uid, date] of await selected.open.savedAt([...byUid.keys()])) {
      const message = byUid.get(uid)
      if (message !== undefined) message.savedAt = date.getTime() / 1000
    }
  }
  if (wanted.includes('threadId')) {
    for (const [uid, thread] of await selected.open.threadIds([...byUid.keys()])) {
      const message = byUid.get(uid)
      if (message !== undefined) message.threadId = thread
    }
  }
  const stored = wanted.flatMap((fact) => (fact === 'savedAt' || fact === 'threadId' ? [] : [fact]))
  if (stored.length === 0) return
  for await (const facts of selected.open.facts([...byUid.keys()], stored)) {
    const message = byUid.get(facts.uid)
    if (message !== undefined) message.facts = facts
  }
}

/** Reads the bodies one after another: only one at a time is taken apart and held. */
async function readBodies(
  { selected }: Reader,
  messages: readonly SearchedMessage[],
  search: PreparedSearch,
): Promise<void> {
  const byUid = new Map(messages.map((message) => [message.uid, message]))
  for await (const { uid, octets } of selected.open.bodies([...byUid.keys()])) {
    const message = byUid.get(uid)
    if (message === undefined) continue
    message.octets = octets
    const start = message.facts?.prefix?.length ?? 0
    if (search.looksAtBodies) message.text = await messageText(octets.subarray(start))
    message.isFound = search.test(message) === true
    message.forget()
  }
}
