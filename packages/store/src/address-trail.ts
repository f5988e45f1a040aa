import { formatStoreAddress } from './address.ts'
import { leadingFrom, type Hop, type HopWay } from './assemble-resolution.ts'
import type { Resolution } from './resolution.ts'

/**
 * What stands at an address on the way. `account`, `alias`: as they were made. `domain-alias`: its domain has the addresses of
 * another. `disabled-domain`: nothing there takes mail. `catch-all`: nobody has it, and the domain says who gets such mail. `remote`: not ours. `nobody`: ours, and nobody
 * has it.
 */
export type TrailKind =
  | 'account'
  | 'alias'
  | 'domain-alias'
  | 'disabled-domain'
  | 'catch-all'
  | 'remote'
  | 'nobody'

/** One address on the way. */
export interface TrailStep {
  /** How far from the address asked for; a step leads to those below it that are one deeper. */
  readonly depth: number
  readonly address: string
  /** What the step above leads here by. */
  readonly by: Exclude<HopWay, ''> | 'asked'
  readonly kind: TrailKind
  /** The account's own, where it is written otherwise: without the tag, or for a role that it stands in for. */
  readonly account?: string
  /** What follows the `+` that led to the address without it. */
  readonly tag?: string
  /** An account that is disabled and takes no mail. */
  readonly isDisabled?: true
  /** A target that refused so much that nothing goes to it for now. */
  readonly isPaused?: true
  /** It stands above already, with all that it leads to. */
  readonly isRepeated?: true
}

/** The way of an address, as a tree written line by line, and what comes of it. */
export interface Trail {
  readonly steps: readonly TrailStep[]
  /** Addresses that lead to each other in a circle, each with the first one again at its end. */
  readonly circles: readonly (readonly string[])[]
  readonly outcome: Resolution
}

/** Walks along hops, each of them once. */
export function trailOf(text: string, hops: readonly Hop[], outcome: Resolution): Trail {
  const start = hops.find(({ way }) => way === '')
  if (start === undefined) return { steps: [plainStep(text, outcome)], circles: [], outcome }
  const walk = new Walk(hops)
  walk.along(start, [])
  return { steps: walk.steps, circles: walk.circles, outcome }
}

class Walk {
  readonly steps: TrailStep[] = []
  readonly circles: (readonly string[])[] = []
  readonly #hops: readonly Hop[]
  readonly #seen = new Set<string>()

  constructor(hops: readonly Hop[]) {
    this.#hops = hops
  }

  along(hop: Hop, above: readonly string[]): void {
    const key = `${hop.key}@${hop.domain}`
    const onward = leadingFrom(this.#hops, hop)
    const isRepeated = this.#seen.has(key)
    const isEnd = onward.length === 0
    this.steps.push(stepOf(hop, onward, above.length, isRepeated && !isEnd))
    const from = above.indexOf(key)
    if (from >= 0) this.circles.push([...above.slice(from), key])
    if (isRepeated) return
    this.#seen.add(key)
    const next = new Map(onward.map((each) => [formatStoreAddress(each), each]))
    for (const name of [...next.keys()].toSorted()) {
      const each = next.get(name)
      if (each !== undefined) this.along(each, [...above, key])
    }
  }
}

function stepOf(hop: Hop, onward: readonly Hop[], depth: number, isRepeated: boolean): TrailStep {
  const { way, account, isDisabled, isPaused } = hop
  const address = formatStoreAddress(hop)
  const own = formatStoreAddress({ localPart: hop.accountLocalPart, domain: hop.accountDomain })
  const isOther = account !== undefined && own.toLowerCase() !== address.toLowerCase()
  return {
    depth,
    address,
    by: way === '' ? 'asked' : way,
    kind: kindOf(hop, onward),
    ...(isOther && { account: own }),
    ...(hop.key !== hop.baseKey && { tag: hop.localPart.slice(hop.localPart.indexOf('+') + 1) }),
    ...(account !== undefined && isDisabled && { isDisabled: true }),
    ...(isPaused && { isPaused: true }),
    ...(isRepeated && { isRepeated: true }),
  }
}

function kindOf(hop: Hop, onward: readonly Hop[]): TrailKind {
  if (!hop.isHosted) return 'remote'
  if (hop.isOff) return 'disabled-domain'
  if (hop.aliasOf !== undefined) return 'domain-alias'
  if (hop.account !== undefined) return 'account'
  if (hop.isAlias) return 'alias'
  return onward.some(({ way }) => way === 'catch-all') ? 'catch-all' : 'nobody'
}

/** What is no address at all, or a sender that was rewritten. */
function plainStep(address: string, { kind }: Resolution): TrailStep {
  return { depth: 0, address, by: 'asked', kind: kind === 'foreign' ? 'remote' : 'nobody' }
}
