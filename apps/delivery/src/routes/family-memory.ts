import { isIPv4 } from 'node:net'
import { isSpecialAddress } from '../special-address.ts'

/** The version of an internet protocol. */
export type Family = 4 | 6

/** How often in a row nothing was reached before a family is doubted; one dead host is no broken network. */
const DOUBT_AFTER = 3
/** How long the doubt lasts: then one address is tried first again. */
const DOUBT_MS = 10 * 60_000

/**
 * Whether IPv4 and IPv6 work from here. A family that this machine has no address of, or over which nothing was reached for a
 * while, is tried last, so that it costs nothing where there is another way, and still serves hosts that have no other.
 */
export class FamilyMemory {
  readonly #has: Readonly<Record<Family, boolean>>
  readonly #now: () => number
  readonly #failures: Record<Family, { count: number; at: number }> = {
    4: { count: 0, at: 0 },
    6: { count: 0, at: 0 },
  }

  /** `ownAddresses`: those of this machine's interfaces. */
  constructor(ownAddresses: readonly string[], now: () => number = () => performance.now()) {
    // What is behind a NAT has a private IPv4 address; IPv6 that is not global leads nowhere.
    this.#has = {
      4: ownAddresses.some((address) => isIPv4(address) && !address.startsWith('127.')),
      6: ownAddresses.some((address) => !isIPv4(address) && !isSpecialAddress(address)),
    }
    this.#now = now
  }

  /** An address was reached, or no connection came about. */
  note(address: string, isReached: boolean): void {
    const family = familyOf(address)
    const { count } = this.#failures[family]
    this.#failures[family] = { count: isReached ? 0 : count + 1, at: this.#now() }
  }

  /** The order in which families are tried. IPv4 first: its reverse names and reputation are what receivers check. */
  order(): readonly [Family, Family] {
    return this.#isDoubtful(4) && !this.#isDoubtful(6) ? [6, 4] : [4, 6]
  }

  /** Nothing is reached over it at the moment: it is no second try, but the last. */
  isLast(family: Family): boolean {
    return this.#isDoubtful(family)
  }

  #isDoubtful(family: Family): boolean {
    if (!this.#has[family]) return true
    const { count, at } = this.#failures[family]
    return count >= DOUBT_AFTER && this.#now() - at < DOUBT_MS
  }
}

/** The family of an address. */
export function familyOf(address: string): Family {
  return isIPv4(address) ? 4 : 6
}

/**
 * Addresses of hosts of one preference in the order in which they are tried: the families by turns, so that a broken one costs
 * one try and not all; a doubtful one after everything else.
 */
export function byFamily<T extends { readonly address: string }>(
  hops: readonly T[],
  memory: FamilyMemory | undefined,
): readonly T[] {
  const [first, second] = memory?.order() ?? ([4, 6] as const)
  const ofFirst = hops.filter(({ address }) => familyOf(address) === first)
  const ofSecond = hops.filter(({ address }) => familyOf(address) === second)
  if (memory?.isLast(second) === true) return [...ofFirst, ...ofSecond]
  const longest = Math.max(ofFirst.length, ofSecond.length)
  return Array.from({ length: longest }, (_, at) => [
    ...ofFirst.slice(at, at + 1),
    ...ofSecond.slice(at, at + 1),
  ]).flat()
}
