import type { Resolver } from '@posthouse/dns'
import { addressesOf } from './host-addresses.ts'
import { plainSpelling } from './ipv6-groups.ts'

/** How long our own addresses are believed. */
const KEEP_MS = 5 * 60_000

/**
 * Our own addresses as others see them: those of the interfaces, and those that our host name has in DNS, which differ behind a
 * NAT. An MX that leads to one of them, under whatever name, leads to us.
 */
export class OwnAddresses {
  readonly #hostname: string
  readonly #resolver: Resolver
  readonly #interfaces: readonly string[]
  readonly #now: () => number
  #known: ReadonlySet<string> | undefined
  #readAt = 0
  #reading: Promise<ReadonlySet<string>> | undefined

  constructor(
    hostname: string,
    resolver: Resolver,
    interfaces: readonly string[],
    now: () => number = () => performance.now(),
  ) {
    this.#hostname = hostname
    this.#resolver = resolver
    this.#interfaces = interfaces.map(plainSpelling)
    this.#now = now
  }

  /** In plain spelling. Waits for DNS the first time only. */
  async all(): Promise<ReadonlySet<string>> {
    if (this.#known === undefined || this.#now() - this.#readAt > KEEP_MS) {
      this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
    }
    return this.#known ?? (await (this.#reading ?? this.#read()))
  }

  async #read(): Promise<ReadonlySet<string>> {
    this.#readAt = this.#now()
    const { addresses, doubt } = await addressesOf(this.#hostname, this.#resolver)
    if (doubt === undefined || this.#known === undefined) {
      const named = addresses.map(({ address }) => plainSpelling(address))
      this.#known = new Set([...this.#interfaces, ...named])
    }
    return this.#known
  }
}
