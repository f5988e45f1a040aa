import type { Database } from './database.ts'
import { keywordBit, keywordBits, systemBit, systemFlags } from './flags.ts'
import type { AccountId } from './ids.ts'
import { statement, tupleStatement } from './statement.ts'

/** Longest keyword kept, in octets. */
const maxKeywordBytes = 255

const readStatement = tupleStatement<readonly [number, string]>(
  'keywords_read',
  'SELECT id, name FROM keyword WHERE account_id = $1::uuid ORDER BY id',
)
const addStatement = statement(
  'keywords_add',
  `INSERT INTO keyword (account_id, id, name)
  SELECT $1::uuid, coalesce(max(id) + 1, 0), $2 FROM keyword WHERE account_id = $1::uuid
  HAVING coalesce(max(id) + 1, 0) < ${keywordBits}
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

  /** Loads anew if a flag word has keywords that are not known here. */
  async cover(flags: number): Promise<void> {
    if (flags >>> 0 >= keywordBit(this.#names.length) && this.#names.length < keywordBits) {
      await this.load()
    }
  }

  /** The bits of these names; names unknown to the account are left out, \Recent too. */
  known(names: readonly string[]): number {
    return names.reduce((word, name) => (word | (this.#bit(name) ?? 0)) >>> 0, 0)
  }

  /** The bits of these names; unknown keywords are added. Undefined: the account has too many. */
  async bits(names: readonly string[]): Promise<number | undefined> {
    let word = 0
    for (const name of names) {
      // Nobody sets \Recent, or system flags of the future.
      if (name.startsWith('\\') && systemBit(name) === undefined) continue
      const bit = this.#bit(name) ?? (await this.#add(name))
      if (bit === undefined) return undefined
      word = (word | bit) >>> 0
    }
    return word
  }

  /** Spells a flag word: system flags, then keywords. */
  spell(flags: number): readonly string[] {
    const system = systemFlags.filter((_, bit) => (flags & (1 << bit)) !== 0)
    const keywords = this.#names.filter((_, id) => (flags & keywordBit(id)) !== 0)
    return [...system, ...keywords]
  }

  #bit(name: string): number | undefined {
    const id = this.#byName.get(name.toLowerCase())
    return systemBit(name) ?? (id === undefined ? undefined : keywordBit(id))
  }

  /** Two processes that add at once meet in the key; the loser looks again. */
  async #add(name: string): Promise<number | undefined> {
    if (Buffer.byteLength(name) > maxKeywordBytes || name.includes('\0')) return undefined
    for (let attempt = 0; attempt < keywordBits; attempt++) {
      await this.#database.execute(addStatement, [this.#account, name])
      await this.load()
      const bit = this.#bit(name)
      if (bit !== undefined) return bit
      if (this.#names.length >= keywordBits) return undefined
    }
    return undefined
  }
}
