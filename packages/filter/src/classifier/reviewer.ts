import { Classifier } from './classifier.ts'
import type { TokenStore } from './token-store.ts'

/** Lessons of one step: some milliseconds each. */
const mostOfOneStep = 20

/**
 * Looks again at all lessons of who taught something, little by little, when there is nothing else to do. One round for each teacher,
 * whatever is taught meanwhile, and one more then.
 */
export class Reviewer {
  readonly #classifier: Classifier
  /** Teachers (undefined: the house), and where the round has come to. */
  readonly #rounds = new Map<string | undefined, number>()
  /** Those who taught while their round was under way. */
  readonly #again = new Set<string | undefined>()

  constructor(tokens: TokenStore) {
    this.#classifier = new Classifier(tokens)
  }

  /** This account (undefined: the house) taught something. */
  noteLesson(account: string | undefined): void {
    if (this.#rounds.has(account)) this.#again.add(account)
    else this.#rounds.set(account, 0)
  }

  /** A few lessons more. @returns whether there is more to do */
  async step(most = mostOfOneStep): Promise<boolean> {
    const [first] = this.#rounds
    if (first === undefined) return false
    const [account, from] = first
    // The next step is the next teacher's.
    this.#rounds.delete(account)
    const next = await this.#classifier.review(account, from, most)
    if (next !== undefined) this.#rounds.set(account, next)
    else if (this.#again.delete(account)) this.#rounds.set(account, 0)
    return this.#rounds.size > 0
  }
}
