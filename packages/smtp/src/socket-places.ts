import { addressGroup, isLoopbackAddress, networkGroup } from '@posthouse/line-server'
import type { SmtpLimits } from './limits.ts'

type PlaceLimits = Pick<
  SmtpLimits,
  'connections' | 'connectionsPerAddress' | 'connectionsPerNetwork'
>

/** One connection's place under the limits. */
export interface Place {
  /** Says whose it is, anew; false where that address, or its network, has too many: it stands for nobody then. */
  moveTo(address: string): boolean
  /** Gives it back; twice does nothing. */
  leave(): void
}

/** Connections of a listener: in all, by address (IPv6: by /64) and by network. Loopback counts in the total alone. */
export class SocketPlaces {
  readonly #limits: PlaceLimits
  readonly #counts = new Map<string, number>()
  #total = 0

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** Places taken. */
  get total(): number {
    return this.#total
  }

  /** A place for a connection whose client is not known yet; undefined when there is none. */
  enter(): Place | undefined {
    if (this.#total >= this.#limits.connections) return undefined
    this.#total++
    let held: readonly string[] = []
    let isOver = false
    const release = () => {
      for (const group of held) this.#count(group, -1)
      held = []
    }
    return {
      moveTo: (address) => {
        release()
        if (isOver || !this.#hasRoom(address)) return false
        held = groupsOf(address)
        for (const group of held) this.#count(group, 1)
        return true
      },
      leave: () => {
        if (isOver) return
        isOver = true
        release()
        this.#total--
      },
    }
  }

  #hasRoom(address: string): boolean {
    const [ofAddress, ofNetwork] = groupsOf(address).map((group) => this.#counts.get(group) ?? 0)
    const { connectionsPerAddress, connectionsPerNetwork } = this.#limits
    return (ofAddress ?? 0) < connectionsPerAddress && (ofNetwork ?? 0) < connectionsPerNetwork
  }

  #count(group: string, by: number): void {
    const count = (this.#counts.get(group) ?? 0) + by
    if (count === 0) this.#counts.delete(group)
    else this.#counts.set(group, count)
  }
}

/** The address's own group, and its network's. */
function groupsOf(address: string): readonly string[] {
  return isLoopbackAddress(address) ? [] : [addressGroup(address), networkGroup(address)]
}
