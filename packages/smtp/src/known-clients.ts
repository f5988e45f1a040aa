import { addressGroup, isLoopbackAddress } from '@posthouse/line-server'

/** Clients that are remembered: 100 bytes each. */
const maxClients = 50_000

/** Clients that brought mail here before, by address (IPv6: by /64), since the process began. The oldest are forgotten first. */
export class KnownClients {
  readonly #groups = new Set<string>()

  /** A message of this client's was taken. */
  delivered(address: string): void {
    const group = addressGroup(address)
    this.#groups.delete(group)
    this.#groups.add(group)
    const [oldest] = this.#groups
    if (this.#groups.size > maxClients && oldest !== undefined) this.#groups.delete(oldest)
  }

  /** Nothing is known of it. Loopback, this machine itself, always is. */
  isStranger(address: string): boolean {
    return !isLoopbackAddress(address) && !this.#groups.has(addressGroup(address))
  }
}
