import type { Store } from '@posthouse/store'
import { limits } from './limits.ts'

/** The part of the store that is needed. */
export interface DomainStore {
  readonly domains: Pick<Store['domains'], 'show' | 'list'>
}

interface Known<T> {
  readonly value: T
  readonly at: number
}

/**
 * Which domains are ours. An answer counts for a few seconds, also that a name is none of ours, so that strangers' names
 * do not reach the database again and again; those who ask at one moment wait for one question. While the database is away
 * the last answer goes on counting.
 */
export class HostedDomains {
  readonly #store: DomainStore
  readonly #now: () => number
  readonly #known = new Map<string, Known<boolean>>()
  readonly #asking = new Map<string, Promise<boolean>>()
  #only: Known<Promise<string | undefined>> | undefined

  constructor(store: DomainStore, now: () => number = () => performance.now()) {
    this.#store = store
    this.#now = now
  }

  /** @throws StoreUnavailable where nothing is known and the database is away */
  async has(domain: string): Promise<boolean> {
    const known = this.#known.get(domain)
    if (known !== undefined && this.#now() - known.at < limits.domainMs) return known.value
    try {
      return await this.#ask(domain)
    } catch (error) {
      if (known === undefined) throw error
      return known.value
    }
  }

  /** The one that there is; undefined where there are several, which are nobody's business, or while nobody knows. */
  only(): Promise<string | undefined> {
    if (this.#only === undefined || this.#now() - this.#only.at > limits.onlyDomainMs) {
      const value = this.#store.domains.list().then(
        (all) => (all.length === 1 ? all[0]?.name : undefined),
        () => undefined,
      )
      this.#only = { value, at: this.#now() }
    }
    return this.#only.value
  }

  #ask(domain: string): Promise<boolean> {
    const asking = this.#asking.get(domain)
    if (asking !== undefined) return asking
    const answer = this.#store.domains
      .show(domain)
      .then((found) => this.#keep(domain, found !== undefined))
      .finally(() => this.#asking.delete(domain))
    this.#asking.set(domain, answer)
    return answer
  }

  #keep(domain: string, value: boolean): boolean {
    this.#known.delete(domain)
    this.#known.set(domain, { value, at: this.#now() })
    const [oldest] = this.#known.keys()
    if (this.#known.size > limits.domains && oldest !== undefined) this.#known.delete(oldest)
    return value
  }
}
