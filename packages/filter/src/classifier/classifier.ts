import { createHash } from 'node:crypto'
import type { FilterMessage } from '../filter-message.ts'
import type { TokenHash } from './token-hash.ts'
import { mostTellingOf } from './telling.ts'
import type { KeptLesson, TokenStore, Views } from './token-store.ts'
import { tokensOf } from './tokenize.ts'
import { added, eachOf, hashesOf, nothing } from './views.ts'
import { chanceOf, isExhausted, scoreOf, stepOf, viewOf, voices, type View } from './weights.ts'

/** Of the tokenizer: changes with every change of the tokens it makes. */
export const tokenizerVersion = 2

/** What a message needs to have to be learnt from. */
export type Readable = Pick<FilterMessage, 'headers' | 'root' | 'text' | 'octets' | 'recipients'>

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
/** A former lesson whose class is this certain needs no rehearsal, and no review. */
const remembered = 0.1
const wellKnown = 0.02

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
    const hashes = hashesOf(tokens)
    const view = await this.#view(hashes, account)
    const { content, manner } = eachOf((name) => voices[name] * scoreOf(hashes[name], view.sums))
    const score = view.confidence * (content + manner)
    const telling = mostTellingOf(tokens, view)
    return { score, chance: chanceOf(score), confidence: view.confidence, telling }
  }

  /**
   * Learns that a message is spam, or ham. Taught twice it is learnt once; taught the other way, what it did before is taken back
   * first.
   * @param account who says so; undefined: the house
   */
  async learn(message: Readable, isSpam: boolean, account: string | undefined): Promise<Taught> {
    const tokens = hashesOf(tokensOf(message))
    const taught = await this.#change(message, account, async (kept, key) => {
      if (kept?.lesson.isSpam === isSpam) return 'known'
      if (kept !== undefined && !(await this.#takeBack(kept, tokens, account))) return undefined
      const { sums } = await this.#view(tokens, account)
      const step = eachOf((name) => stepOf(tokens[name], sums, isSpam))
      const after = { ...step, isSpam, version: tokenizerVersion }
      const isTaught = await this.#store.teach({
        account,
        key,
        tokens,
        before: undefined,
        after,
        step,
      })
      return isTaught ? 'learnt' : undefined
    })
    if (taught === 'learnt') await this.#rehearse(!isSpam, account)
    return taught
  }

  /** Takes back what a message taught. */
  async forget(message: Readable, account: string | undefined): Promise<void> {
    await this.#change(message, account, async (kept) => {
      if (kept === undefined) return true
      return (await this.#takeBack(kept, hashesOf(tokensOf(message)), account)) || undefined
    })
  }

  /**
   * Looks at former lessons again, of both kinds and in the order of their keys, which is none: the first ones were learnt by somebody
   * who knew nothing yet. Once through all of them after the last, and what is known depends little on who taught what when.
   * @param from a key: where to go on
   * @returns where to go on then; undefined: that were all
   */
  async review(account: string | undefined, from = 0, most = 20): Promise<number | undefined> {
    let next = from
    for (let n = 0; n < most; n++) {
      const kept = await this.#store.rehearsal(account, undefined, next)
      if (kept === undefined) return undefined
      await this.#lookAgain(kept, account, wellKnown)
      next = kept.key + 1
    }
    return next
  }

  /**
   * Looks at one former lesson of the other kind again. Who teaches a thousand spams and then a thousand hams would else have taught
   * next to nothing with the first (where all is spam, nothing is an error), and unlearnt the rest with the second.
   */
  async #rehearse(isSpam: boolean, account: string | undefined): Promise<void> {
    const from = Math.floor(this.#random() * 2 ** 52)
    const kept =
      (await this.#store.rehearsal(account, isSpam, from)) ??
      (await this.#store.rehearsal(account, isSpam, 0))
    if (kept !== undefined) await this.#lookAgain(kept, account, remembered)
  }

  /** Learns of a former lesson what was forgotten of it. */
  async #lookAgain(
    { key, tokens, lesson: before }: KeptLesson,
    account: string | undefined,
    most: number,
  ): Promise<void> {
    if (before.version !== tokenizerVersion) return
    const { isSpam } = before
    const { sums } = await this.#view(tokens, account)
    const step = eachOf((name) => {
      if (isExhausted(before[name], tokens[name].length, isSpam)) return nothing
      const error = Number(isSpam) - chanceOf(scoreOf(tokens[name], sums))
      return Math.abs(error) < most ? nothing : stepOf(tokens[name], sums, isSpam)
    })
    if (step.content === nothing && step.manner === nothing) return
    const after = { ...before, ...eachOf((name) => added(before[name], step[name])) }
    // False: somebody taught it otherwise at this moment, and that counts.
    await this.#store.teach({ account, key, tokens, before, after, step })
  }

  /**
   * Undoes a lesson, by the tokens that it was learnt by; where they are not kept any more, by those that the message has now.
   * False where somebody else changed it meanwhile.
   */
  #takeBack(
    { key, tokens: kept, lesson }: KeptLesson,
    now: Views<readonly TokenHash[]>,
    account: string | undefined,
  ): Promise<boolean> {
    const isKept = kept.content.length > 0
    const isUndoable = isKept || lesson.version === tokenizerVersion
    const tokens = isKept ? kept : isUndoable ? now : { content: [], manner: [] }
    const step = eachOf((name) => ({ pull: -lesson[name].pull, squares: -lesson[name].squares }))
    return this.#store.teach({ account, key, tokens, before: lesson, after: undefined, step })
  }

  async #view(tokens: Views<readonly TokenHash[]>, account: string | undefined): Promise<View> {
    return viewOf(await this.#store.recall([...tokens.content, ...tokens.manner], account))
  }

  /** Makes a change; begins anew where another was faster, which `make` tells by undefined. */
  async #change<Outcome>(
    message: Readable,
    account: string | undefined,
    make: (kept: KeptLesson | undefined, key: number) => Promise<Outcome | undefined>,
  ): Promise<Outcome> {
    const key = messageKey(message.octets)
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const made = await make(await this.#store.lesson(key, account), key)
      if (made !== undefined) return made
    }
    throw new Error('a message was taught by others at the same time, again and again')
  }
}

/** The key by which lessons of a message are known: 52 bits of the SHA-256 of its octets. */
export function messageKey(octets: Uint8Array): number {
  const hash = createHash('sha256').update(octets).digest()
  return hash.readUIntBE(0, 6) * 16 + (hash.readUInt8(6) >> 4)
}
