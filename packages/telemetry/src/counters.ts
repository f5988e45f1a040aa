/** Bounded label values of a counter; never addresses or other words of strangers. */
export type Labels = Readonly<Record<string, string>>

/** One counter's value under one set of labels. */
export interface CounterSample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
}

/**
 * A registry of counters that only grow, and gauges that are read when asked. Names are
 * `<area>_<thing>_<unit>[_total]`.
 */
export class Counters {
  readonly #counts = new Map<string, { name: string; labels: Labels; value: number }>()
  readonly #gauges = new Map<string, () => number>()

  /** Adds to a counter, which is born at its first use. */
  add(name: string, labels: Labels = {}, by = 1): void {
    const key = keyOf(name, labels)
    const found = this.#counts.get(key)
    if (found === undefined) this.#counts.set(key, { name, labels, value: by })
    else found.value += by
  }

  /** Names a value that is read when the registry is; a later one of that name takes its place. */
  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read)
  }

  /** The value of a counter; 0 when it was never added to. */
  value(name: string, labels: Labels = {}): number {
    return this.#counts.get(keyOf(name, labels))?.value ?? 0
  }

  /** Everything, in the order of birth. */
  samples(): readonly CounterSample[] {
    const gauges = [...this.#gauges].map(([name, read]) => ({ name, labels: {}, value: read() }))
    return [...[...this.#counts.values()].map((sample) => ({ ...sample })), ...gauges]
  }
}

/** The registry of this process. */
export const counters = new Counters()

function keyOf(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([name, pairs])
}
