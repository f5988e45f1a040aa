/** Lets so many in at once; the others wait in line. */
export class Gate {
  #free: number
  readonly #line = new Set<() => void>()

  constructor(places: number) {
    this.#free = places
  }

  /** Takes a place, and says how to leave it; undefined where none came free in time. */
  async enter(waitMs: number): Promise<(() => void) | undefined> {
    if (this.#free > 0) {
      this.#free--
      return () => this.#leave()
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const turn = () => resolve(true)
    const timer = setTimeout(() => {
      this.#line.delete(turn)
      resolve(false)
    }, waitMs)
    this.#line.add(turn)
    const isIn = await promise
    clearTimeout(timer)
    return isIn ? () => this.#leave() : undefined
  }

  #leave(): void {
    const [next] = this.#line
    if (next === undefined) {
      this.#free++
      return
    }
    this.#line.delete(next)
    next()
  }
}
