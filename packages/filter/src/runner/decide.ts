import type { Finding, Ruling } from '../stage.ts'
import type { Action, FilterVerdict, Thresholds } from '../verdict.ts'
import { replyText } from './clean.ts'

/** What there is to decide on. */
export interface Evidence {
  readonly findings: readonly Finding[]
  readonly rulings: readonly Ruling[]
  /** The gravest of the failed stages' `onFailure`. */
  readonly failure: 'defer' | 'tag' | 'pass'
  readonly thresholds: Thresholds
  /** What becomes of a virus. */
  readonly virus: 'reject' | 'quarantine'
}

type Decision = Pick<FilterVerdict, 'action' | 'reason' | 'text'>

/**
 * One action for the message as a whole. What is certain comes first: a virus or a forbidden attachment is refused even where
 * another stage failed. Then points that refuse, then waiting (a stage that must look could not; greylisting), and what is
 * left is a matter of where it is put. A message that waits is looked at again, so nothing is lost by waiting first.
 */
export function decide(evidence: Evidence): Decision {
  const { thresholds, failure } = evidence
  const virus = rulingOf(evidence, 'virus')
  if (virus !== undefined) {
    return { action: evidence.virus, reason: 'virus', text: replyText(virus.text) }
  }
  const policy = rulingOf(evidence, 'policy')
  if (policy !== undefined) {
    return { action: 'reject', reason: 'policy', text: replyText(policy.text) }
  }
  const points = sumOf(evidence.findings)
  if (reaches(points, thresholds.reject)) {
    return { action: 'reject', reason: 'spam', text: SPAM_TEXT }
  }
  if (failure === 'defer') return { action: 'defer', reason: 'failure', text: FAILURE_TEXT }
  const defer = rulingOf(evidence, 'defer')
  if (defer !== undefined && isMeant(defer, points)) {
    return { action: 'defer', reason: 'greylist', text: replyText(defer.text) }
  }
  if (rulingOf(evidence, 'quarantine') !== undefined) {
    return { action: 'quarantine', reason: 'policy' }
  }
  return placed(points, evidence)
}

function placed(points: number, { thresholds, failure }: Evidence): Decision {
  if (reaches(points, thresholds.quarantine)) return { action: 'quarantine', reason: 'spam' }
  if (reaches(points, thresholds.junk)) return { action: 'junk', reason: 'spam' }
  const action: Action = failure === 'tag' || reaches(points, thresholds.tag) ? 'tag' : 'deliver'
  return failure === 'tag' ? { action, reason: 'failure' } : { action }
}

/** Points added up, in hundredths: sums of binary fractions must not miss a threshold by a hair. */
export function sumOf(findings: readonly Finding[]): number {
  let hundredths = 0
  for (const { points } of findings) hundredths += Math.round(points * 100)
  return hundredths / 100
}

function reaches(points: number, threshold: number | undefined): boolean {
  return threshold !== undefined && points >= threshold
}

/** A ruling may be for messages that nobody is sure of, and for no others. */
function isMeant(
  { between: [from, below] = [-Infinity, Infinity] }: Ruling,
  points: number,
): boolean {
  return points >= from && points < below
}

function rulingOf({ rulings }: Evidence, kind: Ruling['kind']): Ruling | undefined {
  return rulings.find((ruling) => ruling.kind === kind)
}

/** What a stranger can act on: what happened, and that another way to the recipient is open. */
const SPAM_TEXT =
  'This message looks like spam and was not taken. If it is not, reach the recipient another way.'
const FAILURE_TEXT = 'A check of this message could not be made just now. Please try again later.'
