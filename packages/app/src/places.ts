/** Something that there is only so much of. */
export interface Want {
  /** What is counted, such as the sessions of one account. */
  readonly key: string
  readonly most: number
}

/** Counts what is limited over all processes of an app. */
export interface Places {
  /** Takes one of each, or none: then undefined. Gives back by the function. */
  take(wants: readonly Want[]): Promise<(() => void) | undefined>
}

/** The counts themselves, in the process that all others ask. */
export class PlaceCounts {
  readonly #taken = new Map<string, number>()

  /** One of each, or none. */
  take(wants: readonly Want[]): boolean {
    if (wants.some(({ key, most }) => (this.#taken.get(key) ?? 0) >= most)) return false
    for (const { key } of wants) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1)
    return true
  }

  /** Back again. */
  give(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#taken.get(key) ?? 0) - 1
      if (left > 0) this.#taken.set(key, left)
      else this.#taken.delete(key)
    }
  }

  /** What is taken, each as often as it is. */
  *all(): Generator<string, void> {
    for (const [key, count] of this.#taken) for (let i = 0; i < count; i += 1) yield key
  }
}
