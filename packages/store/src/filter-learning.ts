import type { AccountId } from './ids.ts'

/** Sums of one token, in millionths. */
export interface FilterTokenSums {
  readonly pull: number
  readonly squares: number
}

/** The bounded shares of all accounts together, how many pull either way, and apart from them the house's own lessons. */
export interface FilterSharedSums extends FilterTokenSums {
  readonly spamAccounts: number
  readonly hamAccounts: number
  readonly house: FilterTokenSums
}

/** The two sides from which a message is seen: what it says, and its manner. */
export interface FilterViews<T> {
  readonly content: T
  readonly manner: T
}

/** What one message taught. */
export interface FilterLesson extends FilterViews<FilterTokenSums> {
  readonly isSpam: boolean
  readonly version: number
}

/** Lessons of either kind. */
export interface FilterLessonCounts {
  readonly spam: number
  readonly ham: number
}

/** What is known of some tokens. */
export interface FilterRecollection {
  readonly shared: ReadonlyMap<number, FilterSharedSums>
  readonly sharedCounts: FilterLessonCounts
  readonly own: ReadonlyMap<number, FilterTokenSums>
  readonly ownCounts: FilterLessonCounts
}

/** A lesson as it is kept. */
export interface FilterKeptLesson {
  readonly key: number
  /** Empty where the lesson is too old to be looked at again. */
  readonly tokens: FilterViews<readonly number[]>
  readonly lesson: FilterLesson
}

/** A change of what one message taught, and what it does to each of its tokens. */
export interface FilterLessonChange {
  readonly account: string | undefined
  readonly key: number
  readonly tokens: FilterViews<readonly number[]>
  readonly before: FilterLesson | undefined
  readonly after: FilterLesson | undefined
  readonly step: FilterViews<FilterTokenSums>
}

/** The classifier's memory. */
export interface FilterTokens {
  /** In one round trip. */
  recall(tokens: readonly number[], account: string | undefined): Promise<FilterRecollection>
  lesson(key: number, account: string | undefined): Promise<FilterKeptLesson | undefined>
  /** The first lesson of this teacher, and of this kind where one is asked for, by its key, from a key on. */
  rehearsal(
    account: string | undefined,
    isSpam: boolean | undefined,
    from: number,
  ): Promise<FilterKeptLesson | undefined>
  /** All of it or nothing; false where the lesson is not `before`. */
  teach(change: FilterLessonChange): Promise<boolean>
}

/** How a sender fared, in counts that halve every month. */
export interface FilterFame {
  readonly spam: number
  readonly ham: number
}

/** What is remembered of senders. */
export interface FilterReputation {
  /** Of those subjects of which something is known: the account's own experience, or everybody's. */
  fame(
    subjects: readonly string[],
    account: string | undefined,
  ): Promise<ReadonlyMap<string, FilterFame>>
  /** One more message of these. An account's word counts for itself; `undefined`: for all. */
  note(subjects: readonly string[], isSpam: boolean, account: string | undefined): Promise<void>
  /** Which of these accounts wrote to the address lately. */
  correspondents(accounts: readonly string[], address: string): Promise<ReadonlySet<string>>
  /** The account wrote to these. */
  wrote(account: string, addresses: readonly string[]): Promise<void>
}

/** How often sketches of messages came. */
export interface FilterSimilar {
  /** Since that hour (of 1970), each sketch's sum. */
  since(
    sketches: readonly number[],
    hour: number,
  ): Promise<ReadonlyMap<number, { readonly seen: number; readonly spam: number }>>
  add(
    notes: readonly { readonly sketch: number; readonly seen: number; readonly spam: number }[],
    hour: number,
  ): Promise<void>
}

/** A message that its owner said something of. */
export interface FilterTrainingJob {
  readonly account: AccountId
  readonly messageId: number
  readonly isSpam: boolean
  /** As it came in, without our prefix. */
  readonly octets: Buffer
  /** What we put before it: what was proven of its sender stands there. */
  readonly prefix: Buffer
}

/** Messages to be learnt from. Learning is idempotent, so a job may be done twice. */
export interface FilterTraining {
  /** Takes some jobs for five minutes; those whose message is gone are dropped. */
  claim(most: number): Promise<readonly FilterTrainingJob[]>
  /** Drops a job, unless its owner has changed his mind meanwhile. */
  done(job: FilterTrainingJob): Promise<void>
  /** Asks that these messages are learnt from: a client said so, or a release from quarantine. */
  ask(account: AccountId, messageIds: readonly number[], isSpam: boolean): Promise<void>
}

/** What the filter learns. */
export interface FilterLearning {
  readonly tokens: FilterTokens
  readonly reputation: FilterReputation
  readonly similar: FilterSimilar
  readonly training: FilterTraining
}

/** The account of what nobody in particular said. */
export const houseAccount = '00000000-0000-0000-0000-000000000000'
