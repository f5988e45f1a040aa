import { createHash } from 'node:crypto'
import type { FilterMessage } from '../filter-message.ts'
import type { TokenHash } from './token-hash.ts'
import type { TokenSet } from './token-set.ts'
import type { Lesson, TokenStore, TokenSums } from './token-store.ts'
import { tokensOf } from './tokenize.ts'
import { chanceOf, scoreOf, stepOf, sumsWithout, viewOf, weightOf, type View } from './weights.ts'

/** Of the tokenizer: changes with every change of the tokens it makes. */
export const tokenizerVersion = 1

/** What a message needs to have to be learnt from. */
export type Readable = Pick<FilterMessage, 'headers' | 'root' | 'text' | 'octets'>

/** What the classifier says of a message. */
export interface Classification {
  /** Log-odds of spam, weighed by how much was learnt. */
  readonly score: number
  /** 0 to 1. */
  readonly chance: number
  /** How much of either class was seen: 0 to 1. */
  readonly confidence: number
  /** The tokens that said most, heaviest first, with what they weigh. */
  readonly telling: readonly (readonly [token: string, weight: number])[]
}

/** What became of a lesson. `known`: the message was taught this already. */
export type Taught = 'learnt' | 'known'

/** How often a lesson is made up anew where somebody else taught the same message. */
const mostAttempts = 5
const mostTelling = 5
/** A former lesson whose class is this certain needs no rehearsal. */
const remembered = 0.1

/** Classifies by what was learnt, and learns. */
export class Classifier {
  readonly #store: TokenStore
  readonly #random: () => number

  /** @param random numbers in [0, 1), by which former lessons are chosen */
  constructor(store: TokenStore, random: () => number = Math.random) {
    this.#store = store
    this.#random = random
  }

  /** @param account in whose eyes; undefined: those of the installation */
  async classify(message: Readable, account: string | undefined): Promise<Classification> {
    const tokens = tokensOf(message)
    const view = viewOf(await this.#store.recall(tokens.hashes, account))
    const score = view.confidence * scoreOf(tokens.hashes, view.sums)
    const telling = mostTellingOf(tokens, view)
    return { score, chance: chanceOf(score), confidence: view.confidence, telling }
  }

  /**
   * Learns that a message is spam, or ham. Taught twice it is learnt once; taught the other way, what it did before is taken back
   * first.
   * @param account who says so; undefined: the house
   */
  async learn(message: Readable, isSpam: boolean, account: string | undefined): Promise<Taught> {
    const taught = await this.#change(message, account, async (before, tokens) => {
      if (before?.isSpam === isSpam) return 'nothing'
      const { sums } = viewOf(await this.#store.recall(tokens, account))
      const known = sumsWithout(tokens, sums, undoable(before))
      return { ...stepOf(tokens, known, isSpam), isSpam, version: tokenizerVersion }
    })
    if (!taught) return 'known'
    await this.#rehearse(!isSpam, account)
    return 'learnt'
  }

  /**
   * Looks at one former lesson of the other kind again, and learns of it what was forgotten. Who teaches a thousand spams and then
   * a thousand hams would else have taught next to nothing with the first (where all is spam, nothing is an error), and unlearnt
   * the rest with the second.
   */
  async #rehearse(isSpam: boolean, account: string | undefined): Promise<void> {
    const from = Math.floor(this.#random() * 2 ** 52)
    const found =
      (await this.#store.rehearsal(account, isSpam, from)) ??
      (await this.#store.rehearsal(account, isSpam, 0))
    if (found?.lesson.version !== tokenizerVersion) return
    const { key, tokens, lesson: before } = found
    const { sums } = viewOf(await this.#store.recall(tokens, account))
    const error = Number(isSpam) - chanceOf(scoreOf(tokens, sums))
    if (Math.abs(error) < remembered) return
    const step = stepOf(tokens, sums, isSpam)
    const { pull, squares } = before
    const after = { ...before, pull: pull + step.pull, squares: squares + step.squares }
    // False: somebody taught it otherwise at this moment, and that counts.
    await this.#store.teach({ account, key, tokens, before, after, step })
  }

  /** Takes back what a message taught. */
  async forget(message: Readable, account: string | undefined): Promise<void> {
    await this.#change(message, account, (before) =>
      Promise.resolve(before === undefined ? 'nothing' : undefined),
    )
  }

  /** Changes a lesson to what `decide` makes of it; false where that is nothing. Begins anew where another was faster. */
  async #change(
    message: Readable,
    account: string | undefined,
    decide: (
      before: Lesson | undefined,
      tokens: readonly TokenHash[],
    ) => Promise<Lesson | undefined | 'nothing'>,
  ): Promise<boolean> {
    const key = messageKey(message.octets)
    const tokens = tokensOf(message).hashes
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const before = await this.#store.lesson(key, account)
      const after = await decide(before, tokens)
      if (after === 'nothing') return false
      const undo = undoable(before)
      const step = {
        pull: (after?.pull ?? 0) - undo.pull,
        squares: (after?.squares ?? 0) - undo.squares,
      }
      if (await this.#store.teach({ account, key, tokens, before, after, step })) return true
    }
    throw new Error('a message was taught by others at the same time, again and again')
  }
}

/** The key by which lessons of a message are known: 52 bits of the SHA-256 of its octets. */
export function messageKey(octets: Uint8Array): number {
  const hash = createHash('sha256').update(octets).digest()
  return hash.readUIntBE(0, 6) * 16 + (hash.readUInt8(6) >> 4)
}

/** What can be taken back of a lesson: nothing where other rules made its tokens. */
function undoable(lesson: Lesson | undefined): TokenSums {
  return lesson?.version === tokenizerVersion ? lesson : { pull: 0, squares: 0 }
}

function mostTellingOf(tokens: TokenSet, { sums }: View): Classification['telling'] {
  const weighed: (readonly [TokenHash, number])[] = []
  for (const hash of tokens.hashes) {
    const known = sums.get(hash)
    if (known !== undefined) weighed.push([hash, weightOf(known)])
  }
  return weighed
    .toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, mostTelling)
    .map(([hash, weight]) => [tokens.textOf(hash), weight])
}
