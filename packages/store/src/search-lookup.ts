import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AccountId, MailboxId, Uid } from './ids.ts'
import { verdict } from './search-dictionary.ts'
import type { IndexedField, SearchTerm } from './search-fields.ts'
import type { SegmentPlace } from './search-rows.ts'
import type { LoadedSegment, SearchSegments } from './search-segments.ts'
import { wordQuery, type WordQuery } from './search-words.ts'

/** Characters of words whose dictionaries are read at a time: about 2 MB of octets, 64 segments of short mail. */
const batchCharacters = 6_000_000
const batchSegments = 64

/**
 * What the search index knows about some terms in one mailbox. It only ever narrows: a message that it does not know, or not
 * wholly, is left to be looked at.
 */
export class SearchLookup {
  readonly #segments: SearchSegments
  readonly #account: AccountId
  readonly #mailbox: MailboxId
  readonly #places: readonly SegmentPlace[]
  readonly #queries: readonly { readonly field: IndexedField; readonly query: WordQuery }[]
  /** By their first UID; only a batch is held. */
  #answers = new Map<number, SegmentAnswer>()

  private constructor(
    segments: SearchSegments,
    account: AccountId,
    mailbox: MailboxId,
    places: readonly SegmentPlace[],
    terms: readonly SearchTerm[],
  ) {
    this.#segments = segments
    this.#account = account
    this.#mailbox = mailbox
    this.#places = places
    this.#queries = terms.map(({ field, text }) => ({ field, query: wordQuery(text) }))
  }

  /** Undefined where nothing of the mailbox is indexed. */
  static async begin(
    segments: SearchSegments,
    account: AccountId,
    mailbox: MailboxId,
    terms: readonly SearchTerm[],
  ): Promise<SearchLookup | undefined> {
    const places = await segments.places(account, mailbox)
    if (places.length === 0) return undefined
    return new SearchLookup(segments, account, mailbox, places, terms)
  }

  /** For each term a verdict on each of these messages, which ascend. Ask in ascending order: segments are read once then. */
  async verdicts(uids: readonly Uid[]): Promise<readonly Uint8Array[]> {
    const results = this.#queries.map(() => new Uint8Array(uids.length))
    const first = uids[0]
    const last = uids.at(-1)
    if (first === undefined || last === undefined) return results
    for (const place of this.#places) {
      if (place.last < first) continue
      if (place.first > last) break
      const answer = await this.#answer(place)
      answer?.spread(uids, results)
    }
    return results
  }

  async #answer(place: SegmentPlace): Promise<SegmentAnswer | undefined> {
    const known = this.#answers.get(place.first)
    if (known !== undefined) return known
    const batch = this.#batchFrom(place)
    const fields = [...new Set(this.#queries.map(({ field }) => field))]
    const loaded = await this.#segments.load(this.#account, this.#mailbox, batch, fields)
    const answers = new Map<number, SegmentAnswer>()
    for (const segment of loaded) {
      answers.set(segment.first, await this.#ask(segment))
    }
    // The last block of messages may begin in the segment before.
    this.#answers = answers
    return answers.get(place.first)
  }

  #batchFrom(place: SegmentPlace): readonly SegmentPlace[] {
    const from = this.#places.indexOf(place)
    const batch = [place]
    let { characters } = place
    for (const next of this.#places.slice(from + 1, from + batchSegments)) {
      characters += next.characters
      if (characters > batchCharacters) break
      batch.push(next)
    }
    return batch
  }

  async #ask({ uids, dictionaries }: LoadedSegment): Promise<SegmentAnswer> {
    const verdicts: Uint8Array[] = []
    for (const { field, query } of this.#queries) {
      const verdictsOfOne = await dictionaries.get(field)?.look(query)
      verdicts.push(verdictsOfOne ?? new Uint8Array(uids.length))
      // A large dictionary takes some milliseconds: other sessions have their turn in between.
      await nextTurn()
    }
    return new SegmentAnswer(uids, verdicts)
  }
}

/** What one segment says of its own messages. */
class SegmentAnswer {
  readonly #uids: readonly number[]
  readonly #verdicts: readonly Uint8Array[]

  constructor(uids: readonly number[], verdicts: readonly Uint8Array[]) {
    this.#uids = uids
    this.#verdicts = verdicts
  }

  /** Fills in what is known of those of `uids` that are here. Both ascend. */
  spread(uids: readonly number[], results: readonly Uint8Array[]): void {
    let at = lowerBound(uids, this.#uids[0] ?? 0)
    for (let message = lowerBound(this.#uids, uids[at] ?? 0); message < this.#uids.length;) {
      const here = this.#uids[message] ?? 0
      const wanted = uids[at]
      if (wanted === undefined) return
      if (here === wanted) this.#tell(message, at, results)
      if (here <= wanted) message++
      if (here >= wanted) at++
    }
  }

  #tell(message: number, at: number, results: readonly Uint8Array[]): void {
    for (let term = 0; term < results.length; term++) {
      const result = results[term]
      if (result !== undefined) result[at] = this.#verdicts[term]?.[message] ?? verdict.unknown
    }
  }
}

function lowerBound(uids: readonly number[], uid: number): number {
  let low = 0
  let high = uids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((uids[middle] ?? 0) < uid) low = middle + 1
    else high = middle
  }
  return low
}
