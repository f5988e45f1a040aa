import type { Store } from '@posthouse/store'
import { limits } from './limits.ts'

/** The part of the store that is needed. */
export interface DomainStore {
  readonly domains: Pick<Store['domains'], 'show' | 'list'>
}

interface Known {
  readonly isHosted: boolean
  readonly at: number
}

/**
 * Which domains are ours. An answer counts for a few seconds, also that a name is none of ours, so that strangers' names
 * do not reach the database again and again; while it is away the last answer goes on counting.
 */
export class HostedDomains {
  readonly #store: DomainStore
  readonly #now: () => number
  readonly #known = new Map<string, Known>()
  #only: { readonly domain: string | undefined; readonly at: number } | undefined

  constructor(store: DomainStore, now: () => number = () => performance.now()) {
    this.#store = store
    this.#now = now
  }

  /** @throws StoreUnavailable where nothing is known and the database is away */
  async has(domain: string): Promise<boolean> {
    const known = this.#known.get(domain)
    if (known !== undefined && this.#now() - known.at < limits.domainMs) return known.isHosted
    try {
      const isHosted = (await this.#store.domains.show(domain)) !== undefined
      this.#keep(domain, isHosted)
      return isHosted
    } catch (error) {
      if (known === undefined) throw error
      return known.isHosted
    }
  }

  /** The one that there is; undefined where there are several, which are nobody's business. */
  async only(): Promise<string | undefined> {
    const known = this.#only
    if (known !== undefined && this.#now() - known.at < limits.domainMs) return known.domain
    const all = await this.#store.domains.list()
    const domain = all.length === 1 ? all[0]?.name : undefined
    this.#only = { domain, at: this.#now() }
    return domain
  }

  #keep(domain: string, isHosted: boolean): void {
    this.#known.delete(domain)
    this.#known.set(domain, { isHosted, at: this.#now() })
    const [oldest] = this.#known.keys()
    if (this.#known.size > limits.domains && oldest !== undefined) this.#known.delete(oldest)
  }
}
