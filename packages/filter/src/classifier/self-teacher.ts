import type { FilterMessage } from '../filter-message.ts'
import type { ReputationStore } from '../reputation/reputation-store.ts'
import { senderSubjects } from '../reputation/sender-subjects.ts'
import { vouchedDomains } from '../runner/placement.ts'
import type { FilterVerdict } from '../verdict.ts'
import { Classifier } from './classifier.ts'
import type { LearningStores } from './train-pending.ts'

/** When the house teaches itself. */
export interface SelfTeachingLimits {
  /** Points, without what was learnt, from which on a message is spam without doubt. */
  readonly spamPoints: number
  /** Points up to which mail of a correspondent is ham without doubt. */
  readonly hamPoints: number
  /** Lessons of each kind in a day and process: a flood teaches no more than a quiet day. */
  readonly perDay: number
}

/** The defaults. */
export const selfTeachingLimits: SelfTeachingLimits = { spamPoints: 10, hamPoints: 1, perDay: 200 }

/** What the classifier, the sender's name and similar messages said is left out: they would teach themselves. */
const learntSymbols = /^(BAYES_|SENDER_|SIMILAR_|MANY_ALIKE|CORRESPONDENT)/

/** What else is told which messages were spam without doubt. */
export interface SpamListener {
  noteSpam(message: FilterMessage): void
}

/**
 * Teaches without anyone's help: spam is what the other stages have no doubt about, ham what correspondents write and nothing speaks
 * against. The lessons are the house's, and bounded by day.
 */
export class SelfTeacher {
  readonly #classifier: Classifier
  readonly #reputation: ReputationStore
  readonly #similar: SpamListener | undefined
  readonly #limits: SelfTeachingLimits
  #day = 0
  #spam = 0
  #ham = 0

  constructor(
    stores: LearningStores,
    similar?: SpamListener,
    limits: Partial<SelfTeachingLimits> = {},
  ) {
    this.#classifier = new Classifier(stores.tokens)
    this.#reputation = stores.reputation
    this.#similar = similar
    this.#limits = { ...selfTeachingLimits, ...limits }
  }

  /**
   * Learns from a message that was judged, where that is clear. To be called after the answer was given: it delays nothing.
   * @returns what was learnt
   */
  async consider(
    message: FilterMessage,
    verdict: FilterVerdict,
  ): Promise<'spam' | 'ham' | undefined> {
    if (message.direction !== 'inbound' || verdict.reason === 'virus') return undefined
    const kind = this.#kindOf(verdict)
    if (kind === undefined || !this.#mayLearn(kind, message.receivedAt)) return undefined
    await this.#classifier.learn(message, kind === 'spam', undefined)
    const vouched = vouchedDomains(await message.authentication)
    const { domains } = senderSubjects(message, vouched)
    await this.#reputation.note(domains, kind === 'spam', undefined)
    if (kind === 'spam') this.#similar?.noteSpam(message)
    return kind
  }

  #kindOf({ findings }: FilterVerdict): 'spam' | 'ham' | undefined {
    // A test is no spam: who puts its string under another's words would teach us that those are.
    if (findings.some(({ symbol }) => symbol === 'GTUBE')) return undefined
    let points = 0
    for (const finding of findings) {
      if (!learntSymbols.test(finding.symbol)) points += finding.points
    }
    if (points >= this.#limits.spamPoints) return 'spam'
    const isKnown = findings.some(({ symbol }) => symbol === 'CORRESPONDENT')
    return isKnown && points <= this.#limits.hamPoints ? 'ham' : undefined
  }

  #mayLearn(kind: 'spam' | 'ham', at: Date): boolean {
    const day = Math.floor(at.getTime() / 86_400_000)
    if (day !== this.#day) {
      this.#day = day
      this.#spam = 0
      this.#ham = 0
    }
    const count = kind === 'spam' ? ++this.#spam : ++this.#ham
    return count <= this.#limits.perDay
  }
}
