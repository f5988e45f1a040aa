import type { TlsLedger, TlsPeer } from '@posthouse/store'

/**
 * Where TLS has stood, from the ledger. A host that spoke TLS on several days, and lately, does not stop to do so by itself:
 * when it seems to, somebody may be in between who takes STARTTLS out (RFC 7435 §1.2 leaves that open). Mail waits then, and
 * goes in the clear only when TLS has been gone for longer than an attack of that kind lasts unnoticed.
 */
export class TlsMemory {
  readonly #ledger: Pick<TlsLedger, 'known'>
  readonly #clock: () => number
  readonly #read = new Map<string, { readonly peers: readonly TlsPeer[]; readonly at: number }>()

  /** @param clock milliseconds, monotonic; for tests */
  constructor(ledger: Pick<TlsLedger, 'known'>, clock: () => number = () => performance.now()) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /** Whether this host is not talked to without TLS. Rejects when the store cannot be read. */
  async expectsTls(domain: string, host: string): Promise<boolean> {
    const key = `${domain} ${host}`
    const there = this.#read.get(key)
    if (there !== undefined && this.#clock() - there.at < rereadMs) {
      return expectsTls(there.peers, domain, host)
    }
    const peers = await this.#ledger.known(domain, host)
    if (this.#read.size >= mostRead) this.#read.clear()
    this.#read.set(key, { peers, at: this.#clock() })
    return expectsTls(peers, domain, host)
  }
}

/** The rule itself. @param peers rows of the domain, and of the host */
export function expectsTls(peers: readonly TlsPeer[], domain: string, host: string): boolean {
  const ofHost = peers.filter(({ mxHost }) => mxHost === host)
  if (ofHost.some(isFirm)) return true
  // A host that is known otherwise speaks for itself; a new one of a domain whose hosts all have TLS is no exception.
  if (ofHost.length > 0) return false
  const ofDomain = peers.filter((peer) => peer.domain === domain)
  return ofDomain.some(isFirm) && ofDomain.every(isFirm)
}

/** On several days, and lately. */
function isFirm({ tlsDays, tlsAgeSeconds }: TlsPeer): boolean {
  return tlsDays >= firmDays && tlsAgeSeconds !== undefined && tlsAgeSeconds < heldSeconds
}

/** Days on which TLS must have stood: one good day may have been an experiment. */
const firmDays = 3
/** How long after the last TLS no mail goes in the clear: three days, so that a weekend does not force it. */
export const heldSeconds = 72 * 3600
const rereadMs = 60_000
const mostRead = 10_000
