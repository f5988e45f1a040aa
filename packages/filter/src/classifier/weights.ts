import type { TokenHash } from './token-hash.ts'
import {
  shareOf,
  type LessonCounts,
  type Recollection,
  type SharedSums,
  type TokenSums,
} from './token-store.ts'
import { nothing } from './views.ts'

/**
 * The classifier is a logistic regression whose weights are never stored, but follow from two sums per token (regularised
 * dual averaging with a step per coordinate: Xiao 2010; Duchi, Hazan and Singer 2011). Sums can be added over accounts, capped,
 * and taken back, which weights cannot. Chosen by the five-fold result: docs/decisions/003-classifier.md.
 */

/** How far a token leans at most. */
const rate = 1
/** Keeps what was seen once from counting in full, in millionths. */
const damping = 1_000
/** How much more a ham that is taken for spam teaches than the other way round. */
const hamWeight = 8
/** A message whose class is this certain teaches nothing. */
const certain = 0.02
/** Steps at one message, until it is on its right side. */
const mostSteps = 20
/** So many full errors are as much as one lesson may weigh, however often it is looked at again. */
const mostErrors = 10
/** So many accounts more on one side than on the other count in full. */
const fullAgreement = 3
/** Lessons of the rarer class at which the classifier speaks with half its voice. */
const halfVoice = 10

/** How loud either view of a message is. They make different mistakes: together they make half as many as each alone. */
export const voices = { content: 1, manner: 0.8 } as const

/** A view of what is known: one account's, or the installation's. */
export interface View {
  readonly sums: ReadonlyMap<TokenHash, TokenSums>
  /** 0 to 1: how much was seen of either class. */
  readonly confidence: number
}

/**
 * What an account sees: its own lessons in full, what the house learnt in full, and what the other accounts taught as far as they
 * agree. One account more on one side than on the other moves nothing; three more count in full, and only in their direction.
 * So no account turns a verdict of others alone, however much it teaches.
 */
export function viewOf({ shared, own, sharedCounts, ownCounts }: Recollection): View {
  const sums = new Map<TokenHash, TokenSums>()
  for (const [token, all] of shared) {
    const mine = own.get(token) ?? nothing
    const others = othersIn(all, mine)
    sums.set(token, {
      pull: mine.pull + all.house.pull + others.pull,
      squares: mine.squares + all.house.squares + others.squares,
    })
  }
  for (const [token, mine] of own) if (!sums.has(token)) sums.set(token, mine)
  return { sums, confidence: confidenceOf(sharedCounts, ownCounts) }
}

/** What the accounts but the asking one taught, weighed by how far they agree. */
function othersIn(all: SharedSums, mine: TokenSums): TokenSums {
  const share = shareOf(mine)
  const pull = all.pull - share.pull
  const spam = all.spamAccounts - Number(mine.pull > 0)
  const ham = all.hamAccounts - Number(mine.pull < 0)
  const majority = spam - ham
  const agreement = Math.min(1, Math.max(0, (Math.abs(majority) - 1) / (fullAgreement - 1)))
  if (agreement === 0 || pull * majority < 0) return nothing
  return { pull: agreement * pull, squares: agreement * Math.max(0, all.squares - share.squares) }
}

function confidenceOf(shared: LessonCounts, own: LessonCounts): number {
  const rarer = Math.min(shared.spam + own.spam, shared.ham + own.ham)
  return rarer / (rarer + halfVoice)
}

/** How far a token leans: above 0 towards spam. */
export function weightOf({ pull, squares }: TokenSums): number {
  return pull === 0 ? 0 : (rate * pull) / 1e3 / Math.sqrt(damping + Math.max(0, squares))
}

/** The log-odds of spam by the tokens of one view, before confidence. */
export function scoreOf(tokens: readonly TokenHash[], sums: View['sums']): number {
  if (tokens.length === 0) return 0
  let sum = 0
  for (const token of tokens) sum += weightOf(sums.get(token) ?? nothing)
  return sum / Math.sqrt(tokens.length)
}

/** The chance that belongs to log-odds. */
export function chanceOf(score: number): number {
  return 1 / (1 + Math.exp(-score))
}

/**
 * The step that a message teaches in one view, given what is known without it: in small steps until it is on its right side, so that who
 * says that something is spam need not say it twice.
 */
export function stepOf(
  tokens: readonly TokenHash[],
  sums: View['sums'],
  isSpam: boolean,
): TokenSums {
  let pull = 0
  let squares = 0
  for (let n = 0; n < mostSteps && tokens.length > 0; n++) {
    const score = scoreAfter(tokens, sums, { pull, squares })
    const error = (isSpam ? 1 : 0) - chanceOf(score)
    if (n > 0 && Math.abs(error) < 0.3) break
    if (Math.abs(error) < certain) break
    const step = (error * (isSpam ? 1 : hamWeight)) / Math.sqrt(tokens.length)
    pull += Math.round(step * 1e6)
    squares += Math.round(step * step * 1e6)
  }
  return { pull, squares }
}

/**
 * Whether a lesson weighs as much as it may: what is said of it again and again without effect (its very like is known to be of the other
 * kind) shall not be said for ever.
 */
export function isExhausted({ pull }: TokenSums, tokens: number, isSpam: boolean): boolean {
  const most = (mostErrors * (isSpam ? 1 : hamWeight)) / Math.sqrt(tokens)
  return Math.abs(pull) >= most * 1e6
}

function scoreAfter(tokens: readonly TokenHash[], sums: View['sums'], step: TokenSums): number {
  let sum = 0
  for (const token of tokens) {
    const known = sums.get(token) ?? nothing
    sum += weightOf({ pull: known.pull + step.pull, squares: known.squares + step.squares })
  }
  return sum / Math.sqrt(tokens.length)
}
