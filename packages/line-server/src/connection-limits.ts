import { addressGroup, isLoopbackAddress } from './address.ts'

/** Counts connections of a listener, in all and by address. */
export class ConnectionLimits {
  readonly #byGroup = new Map<string, number>()
  readonly #max: number
  readonly #maxPerAddress: number
  readonly #countLoopback: boolean
  #total = 0

  constructor(max: number, maxPerAddress: number, countLoopback: boolean) {
    this.#max = max
    this.#maxPerAddress = maxPerAddress
    this.#countLoopback = countLoopback
  }

  /** Takes a place, and says how to give it back; undefined when there is none. */
  enter(address: string): (() => void) | undefined {
    const group = this.#groupOf(address)
    const ofGroup = group === undefined ? 0 : (this.#byGroup.get(group) ?? 0)
    if (this.#total >= this.#max || ofGroup >= this.#maxPerAddress) return undefined
    this.#total++
    if (group !== undefined) this.#byGroup.set(group, ofGroup + 1)
    return () => this.#leave(group)
  }

  #leave(group: string | undefined): void {
    this.#total--
    if (group === undefined) return
    const left = (this.#byGroup.get(group) ?? 1) - 1
    if (left > 0) this.#byGroup.set(group, left)
    else this.#byGroup.delete(group)
  }

  /** Loopback is this machine's own services (a web mail, a proxy): only the total binds them. */
  #groupOf(address: string): string | undefined {
    if (!this.#countLoopback && isLoopbackAddress(address)) return undefined
    return addressGroup(address)
  }
}
