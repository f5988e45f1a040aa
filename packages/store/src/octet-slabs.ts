/** Octets of one slab: a hundred messages of usual size. */
export const slabBytes = 1024 * 1024

/** Slabs that wait for the next reader; beyond, they go as they came. */
const mostIdle = 4

/** A piece of memory on loan. */
export interface Slab {
  readonly octets: Buffer
  /** Gives it back: nobody refers to it any more, it is overwritten soon. */
  release(): void
  /** Gives up the claim, while somebody may still refer to it: it is not used again. */
  abandon(): void
}

/**
 * The memory that bodies are read ahead into: one bound for all sessions of the process, and no garbage (a new buffer for
 * every message has the whole heap collected for every 32 MB).
 */
export class OctetSlabs {
  readonly #most: number
  readonly #idle: Buffer[] = []
  #lent = 0

  /** @param most slabs that may be on loan at a time */
  constructor(most: number) {
    this.#most = most
  }

  /** Slabs on loan. */
  get lent(): number {
    return this.#lent
  }

  /** Not all are on loan. */
  get hasRoom(): boolean {
    return this.#lent < this.#most
  }

  /** A slab; undefined where all are on loan: read one message after another then. */
  lend(): Slab | undefined {
    if (!this.hasRoom) return undefined
    this.#lent++
    const octets = this.#idle.pop() ?? Buffer.allocUnsafeSlow(slabBytes)
    let isOver = false
    const end = (isFree: boolean): void => {
      if (isOver) return
      isOver = true
      this.#lent--
      if (isFree && this.#idle.length < mostIdle) this.#idle.push(octets)
    }
    return { octets, release: () => end(true), abandon: () => end(false) }
  }
}
