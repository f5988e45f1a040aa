import { seededRandom } from '../../bench/seeded.ts'

/** Chance from a seed: the same choices in the same order. */
export class Dice {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.#random() * below)
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)]
    if (chosen === undefined) throw new Error('nothing to pick from')
    return chosen
  }

  /** The same things in another order. */
  shuffled<T>(list: readonly T[]): readonly T[] {
    return list
      .map((one) => ({ one, at: this.#random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ one }) => one)
  }

  /** Each with the given chance. */
  some<T>(list: readonly T[], chance: number): readonly T[] {
    return list.filter(() => this.#random() < chance)
  }

  /** A die of its own for a part of the run, so that parts do not disturb one another. */
  split(part: number): Dice {
    return new Dice(Math.floor(this.#random() * 2 ** 31) + part)
  }
}
