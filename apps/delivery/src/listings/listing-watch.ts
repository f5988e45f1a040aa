import type { Resolver } from '@posthouse/dns'
import type { Log } from '@posthouse/telemetry'
import { dnsblListed } from '../metrics.ts'
import { addressesOf } from '../routes/host-addresses.ts'
import { isSpecialAddress } from '../special-address.ts'
import { askList, senderLists } from './ask-list.ts'

/** What the watch needs. */
export interface ListingWatchOptions {
  readonly hostname: string
  /** Addresses that we listen on: the public ones of them count. */
  readonly bind: readonly string[]
  readonly resolver: Resolver
  readonly log: Log
  /** Between two looks; the first comes sooner. */
  readonly everyMs: number
}

/**
 * Looks now and then whether our public addresses (those that our name leads to, and those that we listen on) stand on lists of
 * senders of spam, for metrics and the log. A server that nobody can reach by its name asks nobody.
 */
export class ListingWatch {
  readonly #options: ListingWatchOptions
  readonly #listed = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isEnded = false

  constructor(options: ListingWatchOptions) {
    this.#options = options
    this.#wait(Math.random() / 16)
  }

  /** Looks no more. */
  end(): void {
    this.#isEnded = true
    clearTimeout(this.#timer)
  }

  /** One look at all lists. Never throws. */
  async look(): Promise<void> {
    try {
      const addresses = await this.#addresses()
      if (addresses.length === 0) return
      for (const { zone } of senderLists) await this.#ask(zone, addresses)
    } catch (error) {
      this.#options.log.warn('delivery.listing.unasked', { error })
    }
  }

  #wait(part: number): void {
    if (this.#isEnded) return
    this.#timer = setTimeout(() => {
      void this.look().finally(() => this.#wait(0.75 + Math.random() / 2))
    }, this.#options.everyMs * part)
    this.#timer.unref()
  }

  async #addresses(): Promise<readonly string[]> {
    const { hostname, bind, resolver } = this.#options
    if (!hostname.includes('.')) return []
    const { addresses } = await addressesOf(hostname, resolver)
    const all = [...addresses.map(({ address }) => address), ...bind]
    return [...new Set(all)].filter((address) => !isSpecialAddress(address))
  }

  /** What a list does not say is as it was. */
  async #ask(zone: string, addresses: readonly string[]): Promise<void> {
    const { resolver, log } = this.#options
    for (const address of addresses) {
      const key = `${address} ${zone}`
      const listing = await askList(resolver, address, zone)
      if (listing.kind === 'unknown') continue
      const isListed = listing.kind === 'listed'
      if (isListed && !this.#listed.has(key))
        log.warn('delivery.listing.found', { address, list: zone, codes: listing.codes })
      if (!isListed && this.#listed.has(key))
        log.info('delivery.listing.gone', { address, list: zone })
      if (isListed) this.#listed.add(key)
      else this.#listed.delete(key)
      const count = [...this.#listed].filter((one) => one.endsWith(` ${zone}`)).length
      dnsblListed.set({ list: zone }, count)
    }
  }
}
