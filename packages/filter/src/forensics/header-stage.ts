import { findingsOf } from '../rule.ts'
import type { Stage } from '../stage.ts'
import { displayNameRules } from './display-name-rules.ts'
import { headerView } from './header-view.ts'
import { originRules } from './origin-rules.ts'
import { senderRules } from './sender-rules.ts'
import { subjectRules } from './subject-rules.ts'

/** Every sign that is looked for in headers. */
export const headerRules = [
  ...senderRules,
  ...displayNameRules,
  ...originRules,
  ...subjectRules,
] as const

/** What a header gives away about who made it. Asks nobody; bounded by the caps on fields. */
export function headerStage(): Stage {
  return {
    name: 'headers',
    directions: ['inbound', 'outbound'],
    deadlineMs: 5_000,
    // It fails by content only, and content must never make a sender come back for days.
    onFailure: 'tag',
    examine(message) {
      return Promise.resolve({ findings: findingsOf(headerRules, headerView(message)) })
    },
  }
}
