import { AnswerCache, cacheLimits, type CacheLimits } from './answer-cache.ts'
import { DnsClient } from './dns-client.ts'
import { DnssecProbe, probeNames, type ProbeNames } from './dnssec-probe.ts'
import { isAskable, plainName, reverseName } from './names.ts'
import { outcomeOf, type ReadRecord } from './outcome.ts'
import type { Question, QuestionType } from './query.ts'
import { readAddress, readMx, readName, readSrv, readTlsa, readTxt } from './records.ts'
import { SystemServers } from './resolv-conf.ts'
import type { Answer, DnssecStatus, Resolver } from './resolver.ts'
import { parseServerAddress, type ServerAddress } from './server-address.ts'

/** How names are looked up. */
export interface ResolverOptions {
  /** `address`, `address:port` or `[address]:port`; the system's servers when empty. */
  readonly servers?: readonly string[]
  /** Addresses of servers that nobody can impersonate to us, besides those on this machine: their AD counts. */
  readonly trusted?: readonly string[]
  /** First wait for an answer; it doubles with each round. */
  readonly timeoutMs?: number
  /** Rounds over the servers. */
  readonly tries?: number
  /** For one question in all. */
  readonly deadlineMs?: number
  readonly cache?: Partial<CacheLimits>
  /** Told when it turns out whether the servers validate, and when that changes. */
  readonly onDnssec?: (status: DnssecStatus) => void
  /** Otherwise than in production; for tests. */
  readonly probe?: Partial<ProbeNames>
  readonly resolvConf?: string
}

/**
 * A resolver that asks DNS servers, with a cache.
 *
 * @throws TypeError for a server that is no address.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  return new DnsResolver(options)
}

class DnsResolver implements Resolver {
  readonly #servers: () => readonly ServerAddress[]
  readonly #client: DnsClient
  readonly #cache: AnswerCache
  readonly #probe: DnssecProbe

  constructor(options: ResolverOptions) {
    const { servers = [], trusted = [], timeoutMs = 1500, tries = 3, deadlineMs = 10_000 } = options
    const isTrusted = (host: string) => trusted.includes(host)
    this.#servers = serversOf(servers, isTrusted, options.resolvConf ?? '/etc/resolv.conf')
    this.#client = new DnsClient({ timeoutMs, tries, deadlineMs })
    this.#cache = new AnswerCache({ ...cacheLimits, ...options.cache })
    const names = { ...probeNames, ...options.probe }
    this.#probe = new DnssecProbe(this.#client, names, options.onDnssec ?? (() => undefined))
  }

  async mx(name: string) {
    const answer = await this.#ask(name, 'MX', readMx)
    if (answer.kind !== 'records') return answer
    return { ...answer, records: answer.records.toSorted((a, b) => a.preference - b.preference) }
  }

  a(name: string) {
    return this.#ask(name, 'A', readAddress)
  }

  aaaa(name: string) {
    return this.#ask(name, 'AAAA', readAddress)
  }

  txt(name: string) {
    return this.#ask(name, 'TXT', readTxt)
  }

  cname(name: string) {
    return this.#ask(name, 'CNAME', readName)
  }

  ptr(address: string) {
    return this.#ask(reverseName(address), 'PTR', readName)
  }

  tlsa(name: string) {
    return this.#ask(name, 'TLSA', readTlsa)
  }

  srv(name: string) {
    return this.#ask(name, 'SRV', readSrv)
  }

  dnssec(): DnssecStatus {
    return this.#probe.statusOf(this.#servers())
  }

  servers(): readonly string[] {
    return this.#servers().map(({ host }) => host)
  }

  async #ask<T>(name: string, type: QuestionType, read: ReadRecord<T>): Promise<Answer<T>> {
    const question = { name: plainName(name), type }
    // What cannot be put into a question does not exist (RFC 1035 §2.3.4).
    if (!isAskable(question.name)) return { kind: 'nxdomain', ttlSeconds: 0, isSecure: false }
    this.dnssec()
    const answer = await this.#cache.get(`${type} ${question.name}`, () =>
      this.#lookUp(question, read),
    )
    if (answer.kind === 'temporary' || !answer.isSecure) return answer
    // Whether AD can be believed may turn out after the answer was kept.
    return { ...answer, isSecure: this.dnssec().state === 'validating' }
  }

  async #lookUp<T>(question: Question, read: ReadRecord<T>): Promise<Answer<T>> {
    const answer = await this.#client.ask(question, this.#servers())
    if (answer.kind === 'failed') return { kind: 'temporary', because: answer.because }
    const outcome = outcomeOf(answer.reply, question, read)
    if (outcome.kind === 'temporary') return outcome
    return { ...outcome, isSecure: outcome.isSecure && answer.server.isTrusted }
  }
}

function serversOf(
  texts: readonly string[],
  isTrusted: (host: string) => boolean,
  resolvConf: string,
): () => readonly ServerAddress[] {
  if (texts.length === 0) {
    const system = new SystemServers(resolvConf, isTrusted)
    return () => system.current()
  }
  const fixed = texts.map((text) => parseServerAddress(text, isTrusted))
  return () => fixed
}
