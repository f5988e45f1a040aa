import { findingsOf } from '../rule.ts'
import type { Stage } from '../stage.ts'
import { linkRules } from './link-rules.ts'
import { linkView } from './link-view.ts'
import { shownLinkRules } from './shown-link-rules.ts'

/** Every sign that is looked for in links. */
export const allLinkRules = [...shownLinkRules, ...linkRules] as const

/** Where a message's links lead. Asks nobody; bounded by the cap on links. */
export function linkStage(): Stage {
  return {
    name: 'links',
    directions: ['inbound', 'outbound'],
    deadlineMs: 5_000,
    onFailure: 'tag',
    examine(message) {
      return Promise.resolve({ findings: findingsOf(allLinkRules, linkView(message)) })
    },
  }
}
