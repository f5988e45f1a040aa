import type { DnsClient, Patience } from './dns-client.ts'
import type { DnssecStatus } from './resolver.ts'
import { describeServer, type ServerAddress } from './server-address.ts'

/** What tells whether a server validates. */
export interface ProbeNames {
  /** A zone that is signed; its SOA is asked for. */
  readonly signed: string
  /** A name whose signatures are wrong on purpose; its A records are asked for. */
  readonly bogus: string
}

/** The root has been signed since 2010; the other is a public test of validation. */
export const probeNames: ProbeNames = { signed: '', bogus: 'dnssec-failed.org' }

/** How long a finding counts; what is not known is asked again sooner. */
const knownMs = 3_600_000
const unknownMs = 60_000

const waitMs = 3000
const SERVFAIL = 2

const untold: DnssecStatus = { state: 'unknown', text: 'not asked yet' }

/**
 * Finds out whether servers validate: a signed zone must come with AD, a bogus name must fail, and not fail where we ask
 * not to check (else it may have failed for another reason). Servers whose replies could be forged on the way are not even
 * asked: their AD means nothing (RFC 4035 §4.9.3).
 */
export class DnssecProbe {
  readonly #client: DnsClient
  readonly #names: ProbeNames
  readonly #onChange: (status: DnssecStatus) => void
  #servers: readonly ServerAddress[] | undefined
  #status = untold
  #isUnderWay = false
  #dueAt = 0

  constructor(client: DnsClient, names: ProbeNames, onChange: (status: DnssecStatus) => void) {
    this.#client = client
    this.#names = names
    this.#onChange = onChange
  }

  /** What is known of these servers; asks in the background when that is too old. */
  statusOf(servers: readonly ServerAddress[]): DnssecStatus {
    if (servers !== this.#servers) {
      this.#servers = servers
      this.#status = untold
      this.#dueAt = 0
    }
    if (performance.now() >= this.#dueAt && !this.#isUnderWay) void this.#probe(servers)
    return this.#status
  }

  async #probe(servers: readonly ServerAddress[]): Promise<void> {
    this.#isUnderWay = true
    const all = await Promise.all(servers.map((server) => this.#probeServer(server)))
    this.#isUnderWay = false
    if (servers !== this.#servers) return
    const status =
      all.find(({ state }) => state === 'not-validating') ??
      all.find(({ state }) => state === 'unknown') ??
      all[0] ??
      untold
    this.#dueAt = performance.now() + (status.state === 'unknown' ? unknownMs : knownMs)
    if (status.text === this.#status.text) return
    this.#status = status
    this.#onChange(status)
  }

  async #probeServer(server: ServerAddress): Promise<DnssecStatus> {
    const name = describeServer(server)
    if (!server.isTrusted) {
      const text = `${name} is another machine: whether it validates or not, its word can be forged on the way`
      return { state: 'not-validating', text }
    }
    const [signed, bogus, unchecked] = await Promise.all([
      this.#client.askServer(server, { name: this.#names.signed, type: 'SOA' }, patience()),
      this.#client.askServer(server, { name: this.#names.bogus, type: 'A' }, patience()),
      this.#client.askServer(server, { name: this.#names.bogus, type: 'A' }, patience(), true),
    ])
    if (signed.kind === 'failed')
      return { state: 'unknown', text: `${signed.because} from ${name}` }
    if (signed.reply.rcode !== 0) {
      return {
        state: 'unknown',
        text: `RCODE ${signed.reply.rcode} for a signed zone from ${name}`,
      }
    }
    if (!signed.reply.isAuthentic) {
      return { state: 'not-validating', text: `${name} does not vouch for signed names (no AD)` }
    }
    if (bogus.kind === 'reply' && bogus.reply.rcode === 0) {
      return { state: 'not-validating', text: `${name} passes on names that are signed wrongly` }
    }
    const isProven =
      bogus.kind === 'reply' &&
      bogus.reply.rcode === SERVFAIL &&
      unchecked.kind === 'reply' &&
      unchecked.reply.rcode === 0
    const proof = isProven ? ' and refuses what is signed wrongly' : ''
    return { state: 'validating', text: `${name} vouches for signed names${proof}` }
  }
}

function patience(): Patience {
  return { waitMs, deadline: performance.now() + waitMs }
}
