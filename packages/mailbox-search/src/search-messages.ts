import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SearchLookup, SearchTerm } from '@posthouse/store'
import type { Test } from './compile-search.ts'
import { limits } from './limits.ts'
import { messageText } from './message-text.ts'
import type { SearchedMailbox } from './searched-mailbox.ts'
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
  mailbox: SearchedMailbox,
  search: PreparedSearch,
  signal: AbortSignal,
): AsyncGenerator<SearchStep, void> {
  const index = new Index(mailbox, search.terms)
  const { size } = mailbox.numbers
  for (let from = 1; from <= size && !signal.aborted; from += limits.block) {
    const to = Math.min(size, from + limits.block - 1)
    const found = await searchBlock(mailbox, { from, to }, { search, index, signal })
    yield { found, done: to }
    await nextTurn()
  }
}

type SeqRange = Parameters<SearchedMailbox['numbers']['uidsOf']>[0]

interface Search {
  readonly search: PreparedSearch
  readonly index: Index
  readonly signal: AbortSignal
}

async function searchBlock(
  mailbox: SearchedMailbox,
  block: SeqRange,
  { search, index, signal }: Search,
): Promise<readonly SearchedMessage[]> {
  const { test, facts } = search
  const messages = known(mailbox, block)
  let open = decide(messages, test)
  if (open.length >= limits.indexed && (await index.tell(open))) {
    open = decide(open, test)
  }
  if (open.length > 0) {
    await readFacts(mailbox, open, facts)
    open = decide(open, test)
  }
  for (let at = 0; at < open.length; at += limits.bodies) {
    if (signal.aborted) break
    await readBodies(mailbox, open.slice(at, at + limits.bodies), search)
  }
  return messages.filter((message) => message.isFound)
}

/** The search index for one search, opened when it is first needed. */
class Index {
  readonly #mailbox: SearchedMailbox
  readonly #terms: readonly SearchTerm[]
  #lookup: Promise<SearchLookup | undefined> | undefined

  constructor(mailbox: SearchedMailbox, terms: readonly SearchTerm[]) {
    this.#mailbox = mailbox
    // Of more the messages themselves are asked.
    this.#terms = terms.slice(0, limits.terms)
  }

  /** Tells messages what is known of them; false where nothing is. */
  async tell(messages: readonly SearchedMessage[]): Promise<boolean> {
    if (this.#terms.length === 0) return false
    this.#lookup ??= this.#mailbox.open.lookUp(this.#terms)
    const lookup = await this.#lookup
    if (lookup === undefined) return false
    const verdicts = await lookup.verdicts(messages.map(({ uid }) => uid))
    messages.forEach((message, place) => message.learn(verdicts, place))
    return true
  }
}

/** What memory knows. Messages that another session has expunged are not found any more. */
function known({ open, numbers }: SearchedMailbox, block: SeqRange): SearchedMessage[] {
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
  { open }: SearchedMailbox,
  messages: readonly SearchedMessage[],
  wanted: readonly SearchFact[],
): Promise<void> {
  const byUid = new Map(messages.map((message) => [message.uid, message]))
  if (wanted.includes('savedAt')) {
    for (const [uid, date] of await open.savedAt([...byUid.keys()])) {
      const message = byUid.get(uid)
      if (message !== undefined) message.savedAt = date.getTime() / 1000
    }
  }
  if (wanted.includes('threadId')) {
    for (const [uid, thread] of await open.threadIds([...byUid.keys()])) {
      const message = byUid.get(uid)
      if (message !== undefined) message.threadId = thread
    }
  }
  const stored = wanted.flatMap((fact) => (fact === 'savedAt' || fact === 'threadId' ? [] : [fact]))
  if (stored.length === 0) return
  for await (const facts of open.facts([...byUid.keys()], stored)) {
    const message = byUid.get(facts.uid)
    if (message !== undefined) message.facts = facts
  }
}

/** Reads the bodies one after another: only one at a time is taken apart and held. */
async function readBodies(
  { open }: SearchedMailbox,
  messages: readonly SearchedMessage[],
  search: PreparedSearch,
): Promise<void> {
  const byUid = new Map(messages.map((message) => [message.uid, message]))
  for await (const { uid, octets } of open.bodies([...byUid.keys()])) {
    const message = byUid.get(uid)
    if (message === undefined) continue
    message.octets = octets
    const start = message.facts?.prefix?.length ?? 0
    if (search.looksAtBodies) message.text = await messageText(octets.subarray(start))
    message.isFound = search.test(message) === true
    message.forget()
  }
}
