import type { Database } from './database.ts'
import { keywordBit, keywordBits, maxKeywords, systemBit, systemFlags } from './flags.ts'
import type { AccountId } from './ids.ts'
import { changeFlags, knownSets, setOf, withSet } from './keyword-sets.ts'
import { statement, tupleStatement } from './statement.ts'

/** Longest keyword kept, in octets. */
const maxKeywordBytes = 255
/** Combinations beyond the flag word that one account may bring up in one process, which never forgets them (100 octets each). */
const mostSets = 20_000

const readStatement = tupleStatement<readonly [number, string]>(
  'keywords_read',
  'SELECT id, name FROM keyword WHERE account_id = $1::uuid ORDER BY id',
)
const addStatement = statement(
  'keywords_add',
  `INSERT INTO keyword (account_id, id, name)
  SELECT $1::uuid, coalesce(max(id) + 1, 0), $2 FROM keyword WHERE account_id = $1::uuid
  HAVING coalesce(max(id) + 1, 0) < ${maxKeywords}
  ON CONFLICT DO NOTHING`,
)

/**
 * The keywords of one account, by id: a dictionary per account and not per mailbox, so that COPY keeps ids. Ids are never
 * reused and names never change, so what is known stays true.
 */
export class KeywordDictionary {
  readonly #database: Database
  readonly #account: AccountId
  #names: readonly string[] = []
  #byName: ReadonlyMap<string, number> = new Map()
  #madeSets = 0

  constructor(database: Database, account: AccountId) {
    this.#database = database
    this.#account = account
  }

  /** Names by id, in the spelling that was used first. */
  get names(): readonly string[] {
    return this.#names
  }

  /** Reads what other processes added. */
  async load(): Promise<void> {
    const rows = await this.#database.read(readStatement, [this.#account])
    const names: string[] = []
    for (const [id, name] of rows) names[id] = name
    if (names.length < this.#names.length) return
    this.#names = names
    this.#byName = new Map(names.map((name, id) => [name.toLowerCase(), id]))
  }

  /** Loads anew if flags have keywords that are not known here. */
  async cover(flags: number): Promise<void> {
    if (highestKeyword(flags) >= this.#names.length) await this.load()
  }

  /** The flags of these names (keyword-sets.ts); names unknown to the account are left out, \Recent too. */
  known(names: readonly string[]): number {
    return names.reduce((flags, name) => changeFlags(flags, 0, this.#flag(name) ?? 0), 0)
  }

  /** The flags of these names; unknown keywords are added. Undefined: the account has too many. */
  async bits(names: readonly string[]): Promise<number | undefined> {
    for (const name of names) {
      // Nobody sets \Recent, or system flags of the future.
      if (name.startsWith('\\') && systemBit(name) === undefined) continue
      if (this.#flag(name) === undefined && !(await this.#add(name))) return undefined
    }
    const flags = this.countSets(() => this.known(names))
    return setOf(flags).length > 0 && this.#madeSets > mostSets ? undefined : flags
  }

  /** Counts the combinations that this work, which must not wait for anything, brings up. */
  countSets<T>(work: () => T): T {
    const before = knownSets()
    const result = work()
    this.#madeSets += knownSets() - before
    return result
  }

  /** Spells flags: system flags, then keywords. */
  spell(flags: number): readonly string[] {
    const system = systemFlags.filter((_, bit) => (flags & (1 << bit)) !== 0)
    const keywords = this.#names
      .slice(0, keywordBits)
      .filter((_, id) => (flags & keywordBit(id)) !== 0)
    return [...system, ...keywords, ...setOf(flags).flatMap((id) => this.#names[id] ?? [])]
  }

  /** A test for one flag. Nothing has a flag that the account does not know. */
  test(name: string): (flags: number) => boolean {
    const flag = this.#flag(name)
    if (flag === undefined) return () => false
    const [id] = setOf(flag)
    if (id === undefined) return (flags) => (flags & flag) !== 0
    return (flags) => setOf(flags).includes(id)
  }

  /** The flags that have this one alone. */
  #flag(name: string): number | undefined {
    const bit = systemBit(name)
    if (bit !== undefined) return bit
    const id = this.#byName.get(name.toLowerCase())
    if (id === undefined) return undefined
    return id < keywordBits ? keywordBit(id) : withSet(0, [id])
  }

  /** Two processes that add at once meet in the key; the loser looks again. */
  async #add(name: string): Promise<boolean> {
    if (Buffer.byteLength(name) > maxKeywordBytes || name.includes('\0')) return false
    for (let attempt = 0; attempt < maxKeywords; attempt++) {
      await this.#database.execute(addStatement, [this.#account, name])
      await this.load()
      if (this.#flag(name) !== undefined) return true
      if (this.#names.length >= maxKeywords) return false
    }
    return false
  }
}

/** The highest id among the keywords of these flags; -1 where they have none. */
function highestKeyword(flags: number): number {
  const beyond = setOf(flags).at(-1)
  return beyond ?? Math.max(-1, 31 - Math.clz32(flags) - systemFlags.length)
}
