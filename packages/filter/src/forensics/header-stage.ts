import { findingsOf, type Rule } from '../rule.ts'
import type { Ruling, Stage } from '../stage.ts'
import { isOnThisMachine } from '../view/nearness.ts'
import { displayNameRules } from './display-name-rules.ts'
import { type HeaderView, headerView } from './header-view.ts'
import { originRules } from './origin-rules.ts'
import { senderRules } from './sender-rules.ts'
import { subjectRules } from './subject-rules.ts'

/** Every sign that is looked for in headers. */
export const headerRules: readonly Rule<HeaderView>[] = [
  ...senderRules,
  ...displayNameRules,
  ...originRules,
  ...subjectRules,
]

const whereNothingIsMissed = headerRules.filter(({ isOmission }) => isOmission !== true)

/** What a header gives away about who made it. Asks nobody; bounded by the caps on fields. */
export function headerStage(): Stage {
  return {
    name: 'headers',
    directions: ['inbound', 'outbound'],
    deadlineMs: 5_000,
    // It fails by content only, and content must never make a sender come back for days.
    onFailure: 'tag',
    examine(message) {
      const view = headerView(message)
      const isHere = isOnThisMachine(message.client.address)
      const findings = findingsOf(isHere ? whereNothingIsMissed : headerRules, view)
      const ruling = authorless(view, isHere)
      return Promise.resolve(ruling === undefined ? { findings } : { findings, ruling })
    },
  }
}

/**
 * Mail from outside whose author cannot be told, or is another one in each reader, is kept aside: nothing that is known of
 * senders (DMARC, lists of a recipient) can be applied to it (RFC 9989 §5.3.1). Programs on this machine may leave From out.
 */
function authorless(
  { isInbound, fromFields, from }: HeaderView,
  isHere: boolean,
): Ruling | undefined {
  if (!isInbound || (fromFields === 1 && from.length > 0)) return undefined
  if (isHere && fromFields <= 1) return undefined
  const symbol = fromFields > 1 ? 'FROM_SEVERAL_FIELDS' : 'FROM_MISSING'
  return {
    kind: 'quarantine',
    symbol,
    text: 'A message needs exactly one From field with an address.',
  }
}
