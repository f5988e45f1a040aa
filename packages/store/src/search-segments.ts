import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { SearchDictionary } from './search-dictionary.ts'
import type { IndexedField } from './search-fields.ts'
import { readSegments, segmentPlaces, type SegmentPlace, type SegmentRow } from './search-rows.ts'
import { unpackUids } from './search-segment.ts'

/** Enough for the bodies of 100,000 messages that are searched again and again. */
const cacheBytes = 48 * 1024 * 1024

/** A segment in memory, with the dictionaries that were asked for so far. */
export interface LoadedSegment {
  readonly first: number
  readonly uids: readonly number[]
  readonly dictionaries: ReadonlyMap<IndexedField, SearchDictionary>
}

/** Reads segments of the search index, and keeps those that were used last: what they say never changes. */
export class SearchSegments {
  readonly #database: Database
  readonly #cache = new LRUCache<string, LoadedSegment>({
    maxSize: cacheBytes,
    sizeCalculation: ({ uids, dictionaries }) => {
      const bytes = [...dictionaries.values()].reduce((sum, one) => sum + one.bytes, 0)
      return 512 + uids.length * 8 + bytes
    },
  })

  constructor(database: Database) {
    this.#database = database
  }

  /** Where a mailbox has segments, ascending. */
  places(account: AccountId, mailbox: MailboxId): Promise<readonly SegmentPlace[]> {
    return segmentPlaces(this.#database, account, mailbox)
  }

  /** Segments with at least these dictionaries. Those that are gone are missing. */
  async load(
    account: AccountId,
    mailbox: MailboxId,
    places: readonly SegmentPlace[],
    fields: readonly IndexedField[],
  ): Promise<readonly LoadedSegment[]> {
    const known: LoadedSegment[] = []
    const missing: number[] = []
    for (const place of places) {
      const segment = this.#cache.get(keyOf(account, mailbox, place))
      if (segment !== undefined && fields.every((field) => segment.dictionaries.has(field))) {
        known.push(segment)
      } else missing.push(place.first)
    }
    if (missing.length === 0) return known
    const rows = await readSegments(this.#database, account, mailbox, missing, fields)
    return [...known, ...rows.map((row) => this.#keep(keyOf(account, mailbox, row), row))]
  }

  #keep(key: string, { first, messages, uids, dictionaries }: SegmentRow): LoadedSegment {
    const known = this.#cache.get(key)
    const all = new Map(known?.dictionaries)
    for (const [field, packed] of dictionaries) {
      if (!all.has(field)) all.set(field, new SearchDictionary(packed, messages))
    }
    const segment = { first, uids: known?.uids ?? unpackUids(uids), dictionaries: all }
    this.#cache.set(key, segment)
    return segment
  }
}

/** A segment only grows at its end or loses messages, so these tell its versions apart. */
function keyOf(
  account: AccountId,
  mailbox: MailboxId,
  { first, last, messages }: Pick<SegmentPlace, 'first' | 'last' | 'messages'>,
): string {
  return `${account} ${mailbox} ${first} ${last} ${messages}`
}
