import type { Store } from '@posthouse/store'

/** What is older is asked again, behind the back of whoever wants to know. */
const staleMs = 60_000

/** The domains that are hosted here, from memory, at most about a minute old. */
export class HostedDomains {
  readonly #domains: Pick<Store['domains'], 'list'>
  #names: Promise<ReadonlySet<string>> | undefined
  #askedAt = -Infinity

  constructor(domains: Pick<Store['domains'], 'list'>) {
    this.#domains = domains
  }

  names(): Promise<ReadonlySet<string>> {
    const known = this.#names
    if (known !== undefined && performance.now() - this.#askedAt <= staleMs) return known
    this.#askedAt = performance.now()
    const read = this.#read()
    read.then(
      () => (this.#names = read),
      () => {
        if (this.#names === read) this.#names = undefined
      },
    )
    this.#names ??= read
    return known ?? read
  }

  async #read(): Promise<ReadonlySet<string>> {
    const domains = await this.#domains.list()
    return new Set(domains.map(({ name }) => name))
  }
}
