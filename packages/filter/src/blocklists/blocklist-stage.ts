import { domainOf } from '../view/domains.ts'
import { isNearby } from '../view/nearness.ts'
import type { FilterMessage } from '../filter-message.ts'
import type { DomainList } from '../links/url-list-stage.ts'
import { symbolName } from '../runner/clean.ts'
import type { Finding, Stage } from '../stage.ts'

/** Lists, by what is on them. */
export interface ListsByKind {
  /** Of clients' addresses. */
  readonly addresses: readonly DomainList[]
  /** Of domains; the sender's are asked about here, those of links in the stage for links. */
  readonly domains: readonly DomainList[]
}

/** The most that all lists together speak for spam: less than what refuses a message (`DEFAULT_THRESHOLDS.reject`). */
const maxPoints = 9

/** Whether the client, or the sender's domain, is on lists. Lists score, they never refuse, not even all of them together. */
export function blocklistStage({ addresses, domains }: ListsByKind): Stage {
  const lists = [...addresses, ...domains]
  return {
    name: 'lists',
    directions: ['inbound'],
    deadlineMs: 15_000,
    onFailure: 'pass',
    async examine(message, signal) {
      const { address } = message.client
      const client = isNearby(address) ? [] : [address]
      const senders = await senderDomains(message)
      const found = await Promise.all([
        ...addresses.map((list) => ask(list, 'CLIENT', client, signal)),
        ...domains.map((list) => ask(list, 'SENDER', senders, signal)),
      ])
      return { findings: capped(found.filter((finding) => finding !== undefined)) }
    },
    health() {
      const ill = lists.map((list) => ({ list, state: list.health() }))
      const text = ill.map(({ list, state }) => `${list.name}: ${state.text}`).join('; ')
      return { isWell: ill.every(({ state }) => state.isWell), text: text || 'no lists' }
    },
  }
}

/** The domains of From and of the envelope. */
async function senderDomains(message: FilterMessage): Promise<readonly string[]> {
  const { dmarc } = await message.authentication
  const domains = new Set([dmarc.domain, domainOf(message.sender)])
  return [...domains].filter((domain) => domain !== '' && !message.isOurs(domain))
}

async function ask(
  list: DomainList,
  what: 'CLIENT' | 'SENDER',
  subjects: readonly string[],
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const answers = await Promise.all(subjects.map((subject) => list.ask(subject, signal)))
  const [worst] = answers
    .filter((listing) => listing !== undefined)
    .toSorted((a, b) => b.points - a.points)
  if (worst === undefined) return undefined
  const verb = worst.points > 0 ? 'LISTED' : 'VOUCHED'
  return { symbol: `${what}_${verb}_${symbolName(list.name)}`, ...worst }
}

/** Heaviest first; what leads beyond the most counts for what is left. */
function capped(findings: readonly Finding[]): readonly Finding[] {
  let left = maxPoints
  return findings
    .toSorted((a, b) => b.points - a.points)
    .map((finding) => {
      const points = Math.min(finding.points, left)
      left -= Math.max(0, points)
      return { ...finding, points }
    })
}
