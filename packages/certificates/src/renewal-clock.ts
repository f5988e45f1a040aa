import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AcmeConfig } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import { SecretKeyUnfit, type Actor, type Certificate, type Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { AcmeClient } from './acme/acme-client.ts'
import { AcmeProblem } from './acme/acme-problem.ts'
import { hintOf } from './acme/hints.ts'
import { renewalWindow } from './acme/renewal-info.ts'
import {
  clockLimits,
  failureForgottenMs,
  hostForgottenSeconds,
  mostQuestions,
  type ClockLimits,
} from './clock-limits.ts'
import { Issuer, type Issued } from './issuing/issuer.ts'
import { nameGroups, type NameGroup } from './issuing/name-groups.ts'
import { prepareNextKey } from './issuing/next-key.ts'
import { isOfAll, timeWithin } from './issuing/rest.ts'
import { wantedNames } from './issuing/wanted-names.ts'

/** What the clock needs. */
export interface ClockContext {
  readonly acme: AcmeConfig
  readonly hostname: string
  /** The name that mail programs are told; the host name when absent. */
  readonly publicHost?: string
  readonly store: Pick<Store, 'certificates' | 'domains'>
  readonly resolver: Resolver
  readonly log: Log
  readonly limits?: Partial<ClockLimits>
  /** Told of each failure, for the metrics. */
  readonly onFailure?: () => void
}

const clockActor: Actor = { via: 'delivery', user: '' }

/**
 * Issues what is missing and renews what is due, one certificate after another, and on one machine at a time. Whatever fails is
 * noted and waits, each certificate and each name by itself; what is served goes on.
 */
export class RenewalClock {
  readonly #context: ClockContext
  readonly #limits: ClockLimits
  readonly #issuer: Issuer
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>
  /** One client for all questions of a round; none once the authority did not answer. */
  #asking: { client: Promise<AcmeClient> | undefined; left: number } = {
    client: undefined,
    left: 0,
  }
  /** When each certificate's names, and its window, were looked at (`performance.now()`). */
  readonly #namesSeen = new Map<string, number>()
  readonly #windowSeen = new Map<string, number>()

  constructor(context: ClockContext) {
    const { acme, hostname, resolver, store, log } = context
    this.#context = context
    this.#limits = { ...clockLimits, ...context.limits }
    this.#issuer = new Issuer({
      acme,
      hostname,
      resolver,
      certificates: store.certificates,
      by: clockActor,
      told: (step) => log.debug('acme.step', { step }),
    })
    this.#loop = this.#run()
  }

  /** Cuts what is under way: an order that stands is taken up again after the next start. */
  async end(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { log } = this.#context
    const { signal } = this.#stop
    let waitMs = this.#limits.firstMs
    while (!signal.aborted) {
      // Not all machines at the same moment.
      const jittered = waitMs * (0.8 + Math.random() * 0.4)
      await sleep(jittered, undefined, { signal }).catch(() => undefined)
      waitMs = this.#limits.everyMs
      if (signal.aborted) return
      try {
        await this.#context.store.certificates.alone(() => this.#round())
      } catch (error) {
        if (!signal.aborted) log.warn('acme.round.failed', { error })
      }
    }
  }

  async #round(): Promise<void> {
    const { store, hostname, publicHost } = this.#context
    const domains = (await store.domains.list()).filter(({ isDisabled }) => !isDisabled)
    const groups = nameGroups(
      hostname,
      domains.map(({ name }) => name),
      publicHost,
    )
    this.#asking = { client: undefined, left: mostQuestions }
    const all = await store.certificates.list()
    const byName = new Map(all.map((each) => [each.name, each]))
    for (const group of groups) {
      if (this.#stop.signal.aborted) return
      // One failure tells enough of an authority that is away, or wants to be left alone.
      if ((await this.#look(group, byName.get(group.name))) === 'stop') return
    }
    await this.#forget(groups, all)
  }

  async #look(group: NameGroup, present: Certificate | undefined): Promise<'go on' | 'stop'> {
    if (present?.source === 'imported' || (present?.restSeconds ?? 0) > 0) return 'go on'
    if (present?.chain !== undefined) {
      if (this.#context.acme.keys === 'roll') await prepareNextKey(this.#keyContext(), present)
      await this.#ask(present)
    }
    const isDue = present?.chain === undefined || present.renewInSeconds <= 0
    if (!isDue && !(await this.#hasGrown(group, present))) return 'go on'
    const outcome = await this.#issuer.issue(group, this.#stop.signal)
    this.#namesSeen.set(group.name, performance.now())
    this.#windowSeen.delete(group.name)
    this.#tell(group.name, outcome)
    return outcome.kind === 'failed' && isOfAll(outcome.problem.kind) ? 'stop' : 'go on'
  }

  #tell(name: string, outcome: Issued): void {
    const { log, onFailure } = this.#context
    if (outcome.kind === 'issued') {
      const { names, notAfter } = outcome
      log.info('acme.issued', { name, names, notAfter: notAfter.toISOString() })
    } else if (outcome.kind === 'failed') {
      const { problem, restSeconds } = outcome
      onFailure?.()
      log.error('acme.failed', {
        name,
        kind: problem.kind,
        because: problem.text,
        hint: hintOf(problem.kind),
        retryInSeconds: Math.round(restSeconds),
      })
    } else log.info('acme.nothing', { name, because: outcome.because })
  }

  /** Whether names lead here by now that the certificate is not for. */
  async #hasGrown(group: NameGroup, present: Certificate): Promise<boolean> {
    const seen = this.#namesSeen.get(group.name)
    const now = performance.now()
    if (seen !== undefined && now - seen < this.#limits.namesMs) return false
    this.#namesSeen.set(group.name, now)
    const { hostname, resolver, store } = this.#context
    const context = { hostname, resolver, certificates: store.certificates }
    const { names } = await wantedNames(context, group, present)
    return names.some((name) => !present.names.includes(name))
  }

  /** RFC 9773 §4.2: a time of our own within the window that the authority names. */
  async #ask({ name, chain, renewAt, leftSeconds = 0, ...more }: Certificate): Promise<void> {
    const { notBefore, notAfter, issuedAt } = more
    const seen = this.#windowSeen.get(name)
    const now = performance.now()
    if (chain === undefined || renewAt === undefined || leftSeconds <= 0) return
    if (notBefore === undefined || notAfter === undefined || issuedAt === undefined) return
    if (seen !== undefined && now - seen < this.#limits.windowMs) return
    if (this.#asking.left <= 0) return
    this.#asking.left -= 1
    this.#windowSeen.set(name, now)
    try {
      this.#asking.client ??= this.#issuer.client(this.#stop.signal)
      const client = await this.#asking.client
      if ((await client.resource('renewalInfo')) === undefined) this.#asking.left = 0
      const window = await renewalWindow(client, new X509Certificate(chain))
      if (window === undefined) return
      if (window.start <= renewAt && renewAt <= window.end) return
      const at = timeWithin(window, { notBefore, notAfter, issuedAt })
      await this.#context.store.certificates.renewAt(name, at)
    } catch (error) {
      // What is wrong with the key file is noted where something is ordered.
      if (!(error instanceof AcmeProblem || error instanceof SecretKeyUnfit)) throw error
      this.#asking.left = 0
      this.#context.log.debug('acme.window.unknown', { name, because: error.message })
    }
  }

  /** What was issued for a domain that is no more goes once nobody misses it. */
  async #forget(groups: readonly NameGroup[], all: readonly Certificate[]): Promise<void> {
    const { certificates } = this.#context.store
    const wanted = new Set(groups.map(({ name }) => name))
    for (const each of all) {
      if (each.source === 'acme' && !wanted.has(each.name) && isForgotten(each))
        await certificates.remove(each.name, clockActor)
    }
  }

  #keyContext() {
    const { acme, hostname, resolver, store } = this.#context
    return { acme, hostname, resolver, certificates: store.certificates }
  }
}

/**
 * Nobody asks for it any more. One for its own name alone may be the host's of another machine of the house, which is off for
 * weeks, or waits for its next try: its key and its failures are kept.
 */
function isForgotten({
  name,
  names,
  leftSeconds,
  restSeconds,
  order,
  problem,
}: Certificate): boolean {
  const isOfHost = names.length === 1 && names[0] === name
  if (leftSeconds !== undefined) return leftSeconds <= (isOfHost ? -hostForgottenSeconds : 0)
  if (restSeconds > 0 || order !== undefined) return false
  return problem === undefined || Date.now() - problem.at.getTime() > failureForgottenMs
}
