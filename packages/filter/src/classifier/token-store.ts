import type { TokenHash } from './token-hash.ts'

/**
 * What lessons did to one token, in millionths, so that sums are exact and what is unlearnt leaves nothing behind.
 * `pull`: towards spam (above 0) or ham; `squares`: of all steps, whatever their direction, by which the pull is weighed.
 */
export interface TokenSums {
  readonly pull: number
  readonly squares: number
}

/** A token in the installation's memory: the bounded shares of its accounts, and apart from them what the house learnt. */
export interface SharedSums extends TokenSums {
  /** How many accounts pull towards spam. */
  readonly spamAccounts: number
  readonly hamAccounts: number
  /** By commands, and by what nobody doubts: needs nobody's agreement. */
  readonly house: TokenSums
}

/** How many lessons there were. */
export interface LessonCounts {
  readonly spam: number
  readonly ham: number
}

/** What is known of some tokens. Those never heard of are absent. */
export interface Recollection {
  readonly shared: ReadonlyMap<TokenHash, SharedSums>
  readonly sharedCounts: LessonCounts
  /** Of the account that was asked for. */
  readonly own: ReadonlyMap<TokenHash, TokenSums>
  readonly ownCounts: LessonCounts
}

/** The two sides from which a message is seen, each learnt by itself: what it says, and how it was made, came and bears itself. */
export interface Views<T> {
  readonly content: T
  readonly manner: T
}

/** What one message taught: of either view a step in the same direction for each of its tokens. */
export interface Lesson extends Views<TokenSums> {
  readonly isSpam: boolean
  /** The tokenizer that made its tokens: tokens of another one cannot be taken back. */
  readonly version: number
}

/** A lesson as it is kept. */
export interface KeptLesson {
  readonly key: number
  /** Empty where the lesson is too old to be looked at again. */
  readonly tokens: Views<readonly TokenHash[]>
  readonly lesson: Lesson
}

/** A change of what is known. */
export interface LessonChange {
  /** Who teaches; absent: the house. */
  readonly account: string | undefined
  /** Of the message: 52 bits of the SHA-256 of its octets. */
  readonly key: number
  readonly tokens: Views<readonly TokenHash[]>
  /** What was known of this message when the change was made up; undefined: nothing. */
  readonly before: Lesson | undefined
  /** What shall be known of it; undefined: it is forgotten. */
  readonly after: Lesson | undefined
  /** What is added to each token: `after` without what can be taken back of `before`. */
  readonly step: Views<TokenSums>
}

/**
 * Where tokens are kept, by the store. An account's lessons stand in its own memory in full; of them, the shared memory holds
 * for each token no more than `shareCap` in either direction, so that no account outweighs the others.
 */
export interface TokenStore {
  /** All that a verdict needs, in one round trip. */
  recall(tokens: readonly TokenHash[], account: string | undefined): Promise<Recollection>
  /** What this message taught already. */
  lesson(key: number, account: string | undefined): Promise<KeptLesson | undefined>
  /**
   * The first lesson of this teacher, and of this kind where one is asked for, by its key, from a key on; those that are too old
   * to be looked at left out.
   */
  rehearsal(
    account: string | undefined,
    isSpam: boolean | undefined,
    from: number,
  ): Promise<KeptLesson | undefined>
  /**
   * Applies the change, all of it or nothing. False where the lesson is not what `before` says: somebody else taught the same
   * message at this moment, and nothing was changed.
   */
  teach(change: LessonChange): Promise<boolean>
}

/** The most that one account's lessons weigh in the shared memory for one token, in millionths: a clear lesson or two. */
export const shareCap = 50_000
/** The same for the squares: those of one step of that size. */
export const shareSquaresCap = shareCap ** 2 / 1e6
/** The most lessons of one account that count towards how much the installation has seen. */
export const shareLessons = 50

/** The part of an account's sums that the shared memory holds. */
export function shareOf({ pull, squares }: TokenSums): TokenSums {
  return {
    pull: Math.max(-shareCap, Math.min(shareCap, pull)),
    squares: Math.min(shareSquaresCap, squares),
  }
}
