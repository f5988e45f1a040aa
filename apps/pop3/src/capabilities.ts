import { verbs } from './commands/index.ts'
import type { Anyone } from './verb.ts'

/** What no verb brings (RFC 2449 §6, RFC 3206 §3). */
const constant = [
  'RESP-CODES',
  'AUTH-RESP-CODE',
  'PIPELINING',
  'EXPIRE NEVER',
  'IMPLEMENTATION Posthouse',
]

/** The capability list of the moment: each verb's line, if it has one now, and the rest. */
export function capabilitiesOf(
  state: 'authorization' | 'transaction',
  facts: Omit<Anyone, 'capabilities'>,
): readonly string[] {
  const context = { ...facts, state, capabilities: () => [] }
  const ofVerbs = verbs.map((verb) => verb.capability(context)).filter((line) => line !== undefined)
  return [...ofVerbs, ...constant]
}
