import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import { KeywordDictionary } from './keyword-dictionary.ts'

/** The dictionaries of the accounts this process works for, read once. */
export class KeywordDictionaries {
  readonly #database: Database
  readonly #known = new LRUCache<AccountId, Promise<KeywordDictionary>>({ max: 10_000 })

  constructor(database: Database) {
    this.#database = database
  }

  /** The account's dictionary, loaded. */
  of(account: AccountId): Promise<KeywordDictionary> {
    const known = this.#known.get(account)
    if (known !== undefined) return known
    const loading = this.#load(account)
    this.#known.set(account, loading)
    loading.catch(() => this.#known.delete(account))
    return loading
  }

  async #load(account: AccountId): Promise<KeywordDictionary> {
    const dictionary = new KeywordDictionary(this.#database, account)
    await dictionary.load()
    return dictionary
  }
}
