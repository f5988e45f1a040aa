const firstMs = 500
const longestMs = 30_000
/** A process that lived so long was healthy: its next failure is a first one again. */
const healthyMs = 60_000

/** How long to wait before something that died is started again: 0.5 s, doubling up to 30 s. */
export class BackOff {
  #failures = 0

  /**
   * The wait after a life of this length.
   * @param livedMs how long it ran
   */
  afterDeath(livedMs: number): number {
    if (livedMs >= healthyMs) this.#failures = 0
    const waitMs = Math.min(longestMs, firstMs * 2 ** this.#failures)
    this.#failures += 1
    return waitMs
  }
}
