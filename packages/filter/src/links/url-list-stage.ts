import { MAX_LISTED_DOMAINS } from '../limits.ts'
import { symbolName } from '../runner/clean.ts'
import type { Finding, Stage } from '../stage.ts'
import { linkView } from './link-view.ts'

/** What a list says of a domain. */
export interface Listing {
  readonly points: number
  /** In words, with the list's name. */
  readonly reason: string
}

/**
 * A list of domains that are met in spam. How it is asked (DNS, answers that count, its health) is its own affair: a list that is
 * not well, or cannot be asked just now, says nothing.
 */
export interface DomainList {
  /** Short: `surbl`. Its symbol is `LINK_LISTED_SURBL`. */
  readonly name: string
  /** Never rejects. `domain`: a registrable domain, A-labels; an address where the link leads to a bare one. */
  ask(domain: string, signal: AbortSignal): Promise<Listing | undefined>
  health(): { readonly isWell: boolean; readonly text: string }
}

/**
 * Whether the domains that a message's links lead to are on lists. Lists score, they never refuse; one finding per list, its
 * heaviest, so that a message with many links to one place counts once.
 */
export function urlListStage(lists: readonly DomainList[]): Stage {
  return {
    name: 'url-lists',
    directions: ['inbound', 'outbound'],
    deadlineMs: 15_000,
    onFailure: 'pass',
    async examine(message, signal) {
      const domains = [...linkView(message).domains].filter((domain) => !message.isOurs(domain))
      const asked = domains.slice(0, MAX_LISTED_DOMAINS)
      const found = await Promise.all(lists.map((list) => heaviest(list, asked, signal)))
      return { findings: found.filter((finding) => finding !== undefined) }
    },
    health() {
      const ill = lists
        .map((list) => ({ list, state: list.health() }))
        .filter(({ state }) => !state.isWell)
      const text = ill.map(({ list, state }) => `${list.name}: ${state.text}`).join('; ')
      return ill.length === 0
        ? { isWell: true, text: `${lists.length} lists` }
        : { isWell: false, text }
    },
  }
}

async function heaviest(
  list: DomainList,
  domains: readonly string[],
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const answers = await Promise.all(domains.map((domain) => list.ask(domain, signal)))
  const listings = answers.filter((listing) => listing !== undefined)
  const [first, ...others] = listings
  if (first === undefined) return undefined
  const worst = others.reduce((a, b) => (b.points > a.points ? b : a), first)
  return {
    symbol: `LINK_LISTED_${symbolName(list.name)}`,
    points: worst.points,
    reason: worst.reason,
  }
}
