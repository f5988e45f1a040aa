import type { CauseId } from './cause.ts'

/** A reply made ready for matching. */
export interface ReadReply {
  /** Lower case, single spaces, one before and one after. */
  readonly text: string
  /** Lower case; empty when it is not known. */
  readonly host: string
  readonly enhanced: string | undefined
  readonly isFinal: boolean
}

/** Words that show a cause. All that is given must hold. Plain strings: nothing here can take long. */
export interface ReplyPattern {
  readonly cause: CauseId
  /** One of these texts occurs; `+` joins those that must occur together: `client host + blocked`. */
  readonly texts?: readonly string[]
  /** The host's name ends in one of these. */
  readonly hosts?: readonly string[]
  /** One of these enhanced codes, the class included. */
  readonly codes?: readonly string[]
  /** Only 5yz, or only 4yz. */
  readonly isFinal?: boolean
}

/** The cause of the first pattern that holds. */
export function matchOf(patterns: readonly ReplyPattern[], reply: ReadReply): CauseId | undefined {
  return patterns.find((pattern) => holds(pattern, reply))?.cause
}

function holds(pattern: ReplyPattern, reply: ReadReply): boolean {
  const { texts, hosts, codes, isFinal } = pattern
  if (isFinal !== undefined && isFinal !== reply.isFinal) return false
  if (codes !== undefined && !codes.includes(reply.enhanced ?? '')) return false
  if (hosts !== undefined && !hosts.some((host) => reply.host.endsWith(host))) return false
  return texts === undefined || texts.some((text) => occurs(text, reply.text))
}

function occurs(text: string, within: string): boolean {
  return text.split(' + ').every((part) => within.includes(part))
}
