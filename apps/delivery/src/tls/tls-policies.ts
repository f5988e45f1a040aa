import type { Resolver } from '@posthouse/dns'
import { StoreUnavailable } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { Hop } from '../route.ts'
import { findDane, type DaneFinding } from './dane-lookup.ts'
import { knownDnssec } from './dnssec-known.ts'
import { makePlan, type Plan } from './plan.ts'
import type { SecurityNeed } from './security-need.ts'
import type { StsBook, StsFinding } from './sts-book.ts'
import type { TlsMemory } from './tls-memory.ts'

/** What planning needs. */
export interface PolicyContext {
  readonly resolver: Resolver
  readonly log: Log
  readonly sts: Pick<StsBook, 'find'>
  readonly memory: Pick<TlsMemory, 'expectsTls'>
}

/** A plan with what it was made of, for reports. */
export interface Planned {
  readonly plan: Plan
  readonly dane: DaneFinding
  readonly sts: StsFinding
}

/** What of a hop is looked at. */
type Place = Pick<Hop, 'host' | 'address' | 'relay'>

/** Decides what the connections to other domains' hosts must be. */
export class TlsPolicies {
  readonly #context: PolicyContext
  #known: Promise<void> | undefined

  constructor(context: PolicyContext) {
    this.#context = context
  }

  /** The plan for one address of a domain's host. Rejects when the store cannot be read. */
  async plan(
    { host, address }: { readonly host: string; readonly address: string },
    domain: string,
    need: SecurityNeed,
  ): Promise<Planned> {
    const { resolver, sts: book, memory } = this.#context
    await this.#dnssecKnown()
    const [dane, sts, expectsTls, isMxSecure] = await Promise.all([
      findDane({ domain, host, address }, resolver),
      book.find(domain),
      memory.expectsTls(domain, host),
      isSigned(domain, resolver),
    ])
    return { plan: makePlan({ host, need, dane, sts, expectsTls, isMxSecure }), dane, sts }
  }

  /**
   * What a connection for a domain may be shared by: domains with the same hosts and the same key ask for the same. A domain with
   * a policy of its own shares with nobody, nor one of which nothing is known because the store is away.
   */
  async sharingKey(domain: string, hops: readonly Place[]): Promise<string> {
    try {
      return await this.#sharingKey(domain, hops)
    } catch (error) {
      if (error instanceof StoreUnavailable) return `alone ${domain}`
      throw error
    }
  }

  async #sharingKey(domain: string, hops: readonly Place[]): Promise<string> {
    // What a relay must be its route says, for whatever domain.
    if (hops.some(({ relay }) => relay !== undefined)) return ''
    const { resolver, sts, memory } = this.#context
    await this.#dnssecKnown()
    const { policy, failure } = await sts.find(domain)
    // One that is announced and could not be had counts for mail that requires TLS.
    const isOwn = failure !== undefined || (policy !== undefined && policy.mode !== 'none')
    if (isOwn) return `sts ${domain}`
    const hosts = [...new Set(hops.map(({ host }) => host))]
    const expected = await Promise.all(hosts.map((host) => memory.expectsTls(domain, host)))
    const before = expected.map((expects) => (expects ? 'tls' : '-')).join('')
    if (!(await isSigned(domain, resolver))) return before
    const found = await Promise.all(hops.map((hop) => findDane({ ...hop, domain }, resolver)))
    // An authority may have made the certificate for this domain's name and not for the host's (RFC 7672 §3.2.2).
    const isByName = found.some(
      (each) => each.kind === 'records' && each.usable.some(({ usage }) => usage === 2),
    )
    return isByName ? `dane ${domain}` : `signed ${before}`
  }

  /** Right after the start nobody knows yet whether DNS answers are validated: that is waited for, for a moment. */
  #dnssecKnown(): Promise<void> {
    this.#known ??= this.#awaitDnssec()
    return this.#known
  }

  async #awaitDnssec(): Promise<void> {
    const { state, text } = await knownDnssec(this.#context.resolver)
    // Said once, and shown by `posthouse status`: what cannot be checked is not silently left out.
    if (state !== 'validating') this.#context.log.warn('delivery.dane.off', { state, text })
  }
}

/** Whether DNSSEC vouches for the MX records, or for there being none. */
async function isSigned(domain: string, resolver: Resolver): Promise<boolean> {
  if (domain.startsWith('[')) return false
  const answer = await resolver.mx(domain)
  return answer.kind !== 'temporary' && answer.isSecure
}
