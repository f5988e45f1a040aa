import type { Resolver } from '@posthouse/dns'
import type { KeptStsPolicy, TlsLedger } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { TlsFailure } from './failure.ts'
import type { Fetched } from './sts-fetch.ts'
import { stsRecordId } from './sts-record.ts'

/** A domain's policy as it is to be applied now, and what went wrong on the way to it. */
export interface StsFinding {
  /** Absent: the domain has none, or none can be had and none is kept. */
  readonly policy?: KeptStsPolicy
  /** A policy is announced and could not be had; where one is kept it stays in force (RFC 8461 §3.3). */
  readonly failure?: TlsFailure
}

/** What a book needs. */
export interface StsContext {
  readonly ledger: Pick<TlsLedger, 'stsPolicy' | 'keepStsPolicy' | 'noteStsFailure' | 'takeStsDue'>
  readonly resolver: Resolver
  readonly log: Log
  readonly fetch: (domain: string) => Promise<Fetched>
  /** Milliseconds, monotonic; for tests. */
  readonly clock?: () => number
}

/**
 * MTA-STS policies of other domains (RFC 8461): what DNS announces, fetched when it is new, kept in the store for all workers,
 * and kept in force for its time whatever becomes of DNS or of the policy host (§5.1). Asking for one may take as long as
 * fetching it; several who ask for one domain share it.
 */
export class StsBook {
  readonly #context: StsContext
  readonly #clock: () => number
  /** Policies that were read from the store lately. */
  readonly #read = new Map<string, { policy: KeptStsPolicy | undefined; readonly at: number }>()
  /** Fetches that failed lately. */
  readonly #failed = new Map<string, { id: string; failure: TlsFailure; readonly at: number }>()
  readonly #underWay = new Map<string, Promise<StsFinding>>()

  constructor(context: StsContext) {
    this.#context = context
    this.#clock = context.clock ?? (() => performance.now())
  }

  /** The policy of a domain. Rejects when the store cannot be read: then nothing is known of it, not even that there is none. */
  async find(domain: string): Promise<StsFinding> {
    if (domain.startsWith('[')) return {}
    const [policy, id] = await Promise.all([this.#kept(domain), this.#announced(domain)])
    // RFC 8461 §3.1, §5.1: without a record, what is kept stays in force until it expires.
    if (id === undefined || policy?.policyId === id) return policy === undefined ? {} : { policy }
    const failed = this.#failed.get(domain)
    if (failed?.id === id && this.#clock() - failed.at < retryMs) {
      return { ...(policy !== undefined && { policy }), failure: failed.failure }
    }
    return await this.#fetch(domain, id)
  }

  /** Fetches anew, ahead of time, what will expire; one worker does it for all. */
  async refresh(limit = 20): Promise<number> {
    const due = await this.#context.ledger.takeStsDue(limit)
    for (const domain of due) {
      try {
        const id = await this.#announced(domain)
        // A domain that announces none any more is let run out (RFC 8461 §8.3).
        if (id !== undefined) await this.#fetch(domain, id)
      } catch (error) {
        // The others have their turn all the same.
        this.#context.log.warn('delivery.sts.failed', { domain, error })
      }
    }
    return due.length
  }

  /** What is kept is read anew; for those who changed it. */
  forget(domain: string): void {
    this.#read.delete(domain)
    this.#failed.delete(domain)
  }

  async #announced(domain: string): Promise<string | undefined> {
    const answer = await this.#context.resolver.txt(`_mta-sts.${domain}`)
    return answer.kind === 'records' ? stsRecordId(answer.records) : undefined
  }

  async #kept(domain: string): Promise<KeptStsPolicy | undefined> {
    const there = this.#read.get(domain)
    const age = there === undefined ? Infinity : this.#clock() - there.at
    const left = (there?.policy?.remainingSeconds ?? Infinity) * 1000 - age
    if (there !== undefined && age < rereadMs && left > 0) return there.policy
    const policy = await this.#context.ledger.stsPolicy(domain)
    this.#remember(domain, policy)
    return policy
  }

  #remember(domain: string, policy: KeptStsPolicy | undefined): void {
    if (this.#read.size >= mostRead) this.#read.clear()
    this.#read.set(domain, { policy, at: this.#clock() })
  }

  async #fetch(domain: string, id: string): Promise<StsFinding> {
    const there = this.#underWay.get(domain)
    if (there !== undefined) return await there
    const fetching = this.#fetchOnce(domain, id).finally(() => this.#underWay.delete(domain))
    this.#underWay.set(domain, fetching)
    return await fetching
  }

  async #fetchOnce(domain: string, id: string): Promise<StsFinding> {
    const { ledger, log } = this.#context
    // Another worker may have it already.
    const kept = await ledger.stsPolicy(domain)
    const isNew = kept?.policyId !== id
    if (kept !== undefined && !isNew && kept.remainingSeconds > kept.maxAgeSeconds / 4) {
      this.#remember(domain, kept)
      return { policy: kept }
    }
    const fetched = await this.#context.fetch(domain)
    if (fetched.ok) {
      const { mode, mx, lines, maxAgeSeconds } = fetched.policy
      const policy = await ledger.keepStsPolicy({
        domain,
        policyId: id,
        mode,
        mx,
        lines,
        maxAgeSeconds,
      })
      this.#remember(domain, policy)
      this.#failed.delete(domain)
      log.info('delivery.sts.policy', { domain, mode, id, maxAgeSeconds, mx: mx.join(' ') })
      // max_age 0: not to be kept, but it is what holds for this moment.
      return { policy }
    }
    const { failure } = fetched
    log.warn('delivery.sts.failed', { domain, type: failure.type, because: failure.because })
    if (this.#failed.size >= mostRead) this.#failed.clear()
    this.#failed.set(domain, { id, failure, at: this.#clock() })
    if (kept !== undefined) await ledger.noteStsFailure(domain, failure.because)
    return { ...(kept !== undefined && { policy: kept }), failure }
  }
}

/** RFC 8461 §3.3: a host that could not give it is left alone for five minutes. */
const retryMs = 5 * 60_000
/** What another worker fetched, or somebody forgot by command, is known after this. */
const rereadMs = 60_000
const mostRead = 10_000
