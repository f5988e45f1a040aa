import type { Offer } from '../offer.ts'
import { gmailApp, k9 } from './android.ts'
import { appleMail, iphone } from './apple.ts'
import { guideFacts, type GuideFacts } from './facts.ts'
import type { Guide } from './guide.ts'
import { other } from './other.ts'
import { outlookClassic, outlookNew } from './outlook.ts'
import { thunderbird } from './thunderbird.ts'

const programs: readonly ((facts: GuideFacts) => Guide)[] = [
  thunderbird,
  outlookClassic,
  outlookNew,
  appleMail,
  iphone,
  k9,
  gmailApp,
]

/** How each program is set up for this address, in the labels of its own dialogs; last any other program. */
export function guidesFor(offer: Offer, address?: string): readonly Guide[] {
  const facts = guideFacts(offer, address)
  const known = facts === undefined ? [] : programs.map((guideOf) => guideOf(facts))
  return [...known, other(offer, address)]
}
