import { findingsOf } from '../rule.ts'
import type { Stage } from '../stage.ts'
import { contentRules } from './content-rules.ts'
import { encodingRules } from './encoding-rules.ts'
import { mimeView } from './mime-view.ts'
import { structureRules } from './structure-rules.ts'

/** Every sign that is looked for in the structure and the text of a message. */
export const mimeRules = [...structureRules, ...encodingRules, ...contentRules] as const

/** How a message is built, and whether it shows what it holds. Asks nobody; bounded by the caps on parts and text. */
export function mimeStage(): Stage {
  return {
    name: 'mime',
    directions: ['inbound', 'outbound'],
    deadlineMs: 5_000,
    onFailure: 'tag',
    examine(message) {
      return Promise.resolve({ findings: findingsOf(mimeRules, mimeView(message)) })
    },
  }
}
