import { verbs } from './commands/index.ts'
import type { Anyone } from './verb.ts'

/** What no verb brings (RFC 2449 §6, RFC 3206 §3). We remove nothing by ourselves: EXPIRE NEVER. */
const constant = [
  'RESP-CODES',
  'AUTH-RESP-CODE',
  'PIPELINING',
  'EXPIRE NEVER',
  'IMPLEMENTATION Posthouse',
]

/** What the list depends on. */
export interface CapabilityFacts extends Omit<Anyone, 'capabilities'> {
  readonly state: 'authorization' | 'transaction'
  /** Between sign-ins: of this account, or the longest of any account while nobody is signed in. */
  readonly delaySeconds: number
}

/** The capability list of the moment: each verb's line, if it has one now, and the rest. */
export function capabilitiesOf(facts: CapabilityFacts): readonly string[] {
  const context = { ...facts, capabilities: () => Promise.resolve([]) }
  const ofVerbs = verbs.map((verb) => verb.capability(context)).filter((line) => line !== undefined)
  return [...ofVerbs, ...delayLines(facts), ...constant]
}

/** RFC 2449 §6.6: with USER where it may turn out shorter for who signs in. */
function delayLines({ state, delaySeconds }: CapabilityFacts): readonly string[] {
  if (delaySeconds === 0) return []
  return [`LOGIN-DELAY ${delaySeconds}${state === 'authorization' ? ' USER' : ''}`]
}
