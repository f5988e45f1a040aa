import { parseAddressList } from '@posthouse/message'
import { findingsOf } from '../rule.ts'
import type { Stage } from '../stage.ts'
import { domainOf } from '../view/domains.ts'
import { authenticationRules, isVouchedByArc } from './authentication-rules.ts'
import { ourDomainRules } from './our-domain-rules.ts'

/** Every sign that is looked for in what authentication says. */
export const senderProofRules = [...authenticationRules, ...ourDomainRules] as const

/** What sender authentication means in points. Waits for its answers; mail of our own users needs none. */
export function authenticationStage(): Stage {
  return {
    name: 'authentication',
    directions: ['inbound'],
    deadlineMs: 30_000,
    onFailure: 'tag',
    async examine(message) {
      const verdict = await message.authentication
      const from = parseAddressList(
        message.headers.find(({ name }) => name.toLowerCase() === 'from')?.value ?? '',
      )
      const fromDomain = from[0] === undefined ? '' : domainOf(from[0].address)
      const view = {
        message,
        verdict,
        fromDomain,
        isList: message.field('list-id').length > 0,
        isVouchedByArc: isVouchedByArc(verdict, fromDomain),
      }
      return { findings: findingsOf(senderProofRules, view) }
    },
  }
}
