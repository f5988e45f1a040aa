import { isIP } from 'node:net'
import { reverseName, type Resolver } from '@posthouse/dns'
import type { Log } from '@posthouse/telemetry'
import type { DomainList, Listing } from '../links/url-list-stage.ts'
import { codeReader, isRefusal, type ListDefinition, type ReadCode } from './list-definition.ts'
import { probeList, type ListHealth } from './list-health.ts'

/** How long a list's health counts, and how soon it is looked at again where it is not known. */
const healthMs = 30 * 60_000
const doubtMs = 60_000

/** What asking takes. */
export interface DnsListServices {
  readonly resolver: Resolver
  readonly log: Log
}

/**
 * A list that is asked by DNS. One that is not well, does not answer, or answers what it never declared says nothing; that it is
 * not well is logged once, until it changes.
 */
export class DnsList implements DomainList {
  readonly name: string
  readonly kind: ListDefinition['kind']
  readonly #list: ListDefinition
  readonly #read: ReadCode
  readonly #services: DnsListServices
  readonly #now: () => number
  #health: ListHealth = { state: 'unknown', text: 'not asked yet' }
  #dueAt = Number.NEGATIVE_INFINITY
  #probe: Promise<void> | undefined

  /**
   * @param now a clock that never goes back, in milliseconds
   * @throws TypeError for a code that is none.
   */
  constructor(list: ListDefinition, services: DnsListServices, now = () => performance.now()) {
    this.name = list.name
    this.kind = list.kind
    this.#list = list
    this.#read = codeReader(list)
    this.#services = services
    this.#now = now
  }

  /** What it says of an address or a domain; never rejects. */
  async ask(subject: string): Promise<Listing | undefined> {
    const name = this.#question(subject)
    if (name === undefined) return undefined
    await this.#look()
    if (this.#health.state !== 'well') return undefined
    const answer = await this.#services.resolver.a(name)
    if (answer.kind !== 'records') return undefined
    if (answer.records.some(isRefusal)) {
      this.#becomes({ state: 'ill', text: 'refuses our questions' })
      return undefined
    }
    const [worst] = answer.records
      .map((address) => this.#read(address))
      .filter((code) => code !== undefined)
      .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points))
    if (worst === undefined) return undefined
    return { points: worst.points, reason: `${subject} is on ${this.name}: ${worst.meaning}` }
  }

  health(): { readonly isWell: boolean; readonly text: string } {
    return { isWell: this.#health.state !== 'ill', text: this.#health.text }
  }

  /** The name that is asked for (RFC 5782 §2.1, §2.4, §3.1); undefined: the list has nothing to say of such. */
  #question(subject: string): string | undefined {
    const { kind, takesAddresses = kind === 'address', zone } = this.#list
    if (isIP(subject) === 0) return kind === 'domain' ? `${subject}.${zone}` : undefined
    if (!takesAddresses) return undefined
    return `${reverseName(subject).replace(/\.(?:in-addr|ip6)\.arpa$/, '')}.${zone}`
  }

  /** The first question waits for the probe; later ones are made on what is known, while it is looked again. */
  async #look(): Promise<void> {
    if (this.#now() < this.#dueAt) return
    const isFirst = this.#dueAt === Number.NEGATIVE_INFINITY
    this.#probe ??= this.#examine().finally(() => (this.#probe = undefined))
    if (isFirst) await this.#probe
  }

  async #examine(): Promise<void> {
    const health = await probeList(this.#list, this.#services.resolver)
    this.#dueAt = this.#now() + (health.state === 'unknown' ? doubtMs : healthMs)
    this.#becomes(health)
  }

  #becomes(health: ListHealth): void {
    const isNews = health.text !== this.#health.text
    this.#health = health
    if (!isNews) return
    const { log } = this.#services
    const fields = { list: this.name, text: health.text }
    if (health.state === 'well') log.info('filter.list.well', fields)
    else log.warn('filter.list.off', fields)
  }
}
