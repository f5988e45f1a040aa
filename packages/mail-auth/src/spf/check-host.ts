import { isWithin } from '../domain-name.ts'
import { foreignText } from '../foreign-text.ts'
import type { Asker } from '../questions.ts'
import type { SpfResult } from '../verdict.ts'
import { MacroExpander, type MacroContext } from './macro-expansion.ts'
import type { MacroPiece } from './macro-string.ts'
import { addressOctets, isInNetwork } from './network.ts'
import { isSpfRecord, parseSpfRecord, type Mechanism, type SpfRecord } from './record.ts'

/** What check_host() found (RFC 7208 §2.6). */
export interface HostResult {
  readonly result: SpfResult
  readonly because: string
  /** The directive that matched, as written. */
  readonly mechanism?: string
  /** Where the explanation is to be had, on fail: of the domain whose directive matched. */
  readonly exp?: { readonly target: readonly MacroPiece[]; readonly domain: string }
}

/** Terms that ask DNS, and answers that were empty, of one check (RFC 7208 §4.6.4). */
const maxTerms = 10
const maxVoids = 2
const maxAddresses = 10

/** What a verdict shows of a term: a record may be one of 64 kB. */
const maxTermText = 200

/** A check that ends here, whatever else the record says. */
class Verdict extends Error {
  readonly result: 'temperror' | 'permerror'

  constructor(result: 'temperror' | 'permerror', because: string) {
    super(because)
    this.result = result
  }
}

/** The check_host() function (RFC 7208 §4), for one sender. */
export class HostCheck {
  readonly #context: MacroContext
  readonly #asker: Asker
  readonly #octets: Uint8Array
  readonly #macros: MacroExpander
  #terms = 0
  #voids = 0

  constructor(context: MacroContext, asker: Asker) {
    this.#context = context
    this.#asker = asker
    this.#macros = new MacroExpander(context, asker)
    this.#octets = addressOctets(context.address) ?? new Uint8Array()
  }

  /** Checks one domain, a name in DNS. Never rejects over anything that DNS can say. */
  async check(domain: string): Promise<HostResult> {
    try {
      return await this.#evaluate(domain)
    } catch (error) {
      if (error instanceof Verdict) return { result: error.result, because: error.message }
      throw error
    }
  }

  async #evaluate(domain: string): Promise<HostResult> {
    const record = await this.#record(domain)
    if (record === undefined) return { result: 'none', because: `${domain} has no SPF record` }
    for (const { qualifier, mechanism, text } of record.directives) {
      if (!(await this.#matches(mechanism, domain))) continue
      const term = foreignText(text, maxTermText)
      const because = `${term} of ${domain} matches`
      const exp = record.exp === undefined ? {} : { exp: { target: record.exp, domain } }
      return { result: qualifier, because, mechanism: term, ...(qualifier === 'fail' ? exp : {}) }
    }
    if (record.redirect === undefined)
      return { result: 'neutral', because: `nothing in the record of ${domain} matches` }
    return this.#redirect(record.redirect, domain)
  }

  /** §6.1: the verdict of another domain; one without a record is an error. */
  async #redirect(target: readonly MacroPiece[], domain: string): Promise<HostResult> {
    this.#countTerm()
    const next = await this.#macros.domain(target, domain)
    const found = next === undefined ? undefined : await this.#evaluate(next)
    if (found !== undefined && found.result !== 'none') return found
    throw new Verdict('permerror', `redirect of ${domain} leads to no SPF record`)
  }

  /** §4.4, §4.5: the only record; undefined where there is none. */
  async #record(domain: string): Promise<SpfRecord | undefined> {
    const answer = await this.#asker.txt(domain)
    if (answer.kind === 'temporary') throw this.#failure('TXT', domain, answer.because)
    const texts = answer.kind === 'records' ? answer.records.filter(isSpfRecord) : []
    const [text] = texts
    if (text === undefined) return undefined
    if (texts.length > 1)
      throw new Verdict('permerror', `${domain} has ${texts.length} SPF records`)
    const reading = parseSpfRecord(text)
    if (reading.ok) return reading.record
    throw new Verdict(
      'permerror',
      `the SPF record of ${domain} cannot be read: ${foreignText(reading.term, maxTermText)}`,
    )
  }

  async #matches(mechanism: Mechanism, domain: string): Promise<boolean> {
    if (mechanism.kind === 'all') return true
    if (mechanism.kind === 'ip') return isInNetwork(this.#octets, mechanism.network, mechanism.bits)
    this.#countTerm()
    const { target } = mechanism
    const name = target === undefined ? domain : await this.#macros.domain(target, domain)
    // A domain-spec that expands to no domain name matches nothing (§4.8, RFC 8616 §4).
    if (name === undefined && mechanism.kind !== 'include') return false
    switch (mechanism.kind) {
      case 'include':
        return this.#include(name, domain)
      case 'exists':
        return this.#exists(name ?? domain)
      case 'ptr':
        return this.#hasName(name ?? domain)
      case 'a':
        return this.#hasAddress(name ?? domain, mechanism, true)
      case 'mx':
        return this.#hasExchange(name ?? domain, mechanism)
    }
  }

  /** The table of §5.2. */
  async #include(name: string | undefined, domain: string): Promise<boolean> {
    const found = name === undefined ? undefined : await this.#evaluate(name)
    if (found === undefined || found.result === 'none')
      throw new Verdict('permerror', `include of ${domain} leads to no SPF record`)
    return found.result === 'pass'
  }

  /** §5.7: an A record, whatever the family of the client. */
  async #exists(name: string): Promise<boolean> {
    const answer = await this.#asker.a(name)
    if (answer.kind === 'temporary') throw this.#failure('A', name, answer.because)
    if (answer.kind !== 'records') this.#countVoid()
    return answer.kind === 'records'
  }

  /** §5.5: a failure here only fails to match. */
  async #hasName(domain: string): Promise<boolean> {
    const answer = await this.#asker.ptr(this.#context.address)
    if (answer.kind === 'nxdomain' || answer.kind === 'nodata') this.#countVoid()
    const names = await this.#macros.validatedNames()
    return names.some((name) => isWithin(name, domain))
  }

  /** §5.4: of ten exchanges at most; more are an error (§4.6.4). */
  async #hasExchange(domain: string, bits: NetworkBits): Promise<boolean> {
    const answer = await this.#asker.mx(domain)
    if (answer.kind === 'temporary') throw this.#failure('MX', domain, answer.because)
    if (answer.kind !== 'records') {
      this.#countVoid()
      return false
    }
    if (answer.records.length > maxAddresses)
      throw new Verdict('permerror', `${domain} has more than ${maxAddresses} MX records`)
    for (const { exchange } of answer.records)
      if (exchange !== '' && (await this.#hasAddress(exchange, bits, false))) return true
    return false
  }

  /** §5.3, by the family of the client (§5). */
  async #hasAddress(
    name: string,
    { bits4, bits6 }: NetworkBits,
    isTerm: boolean,
  ): Promise<boolean> {
    const isFour = this.#octets.length === 4
    const answer = await (isFour ? this.#asker.a(name) : this.#asker.aaaa(name))
    if (answer.kind === 'temporary')
      throw this.#failure(isFour ? 'A' : 'AAAA', name, answer.because)
    if (answer.kind !== 'records') {
      if (isTerm) this.#countVoid()
      return false
    }
    return answer.records.some((text) => {
      const octets = addressOctets(text)
      return octets !== undefined && isInNetwork(this.#octets, octets, isFour ? bits4 : bits6)
    })
  }

  #countTerm(): void {
    this.#terms += 1
    if (this.#terms > maxTerms)
      throw new Verdict('permerror', `more than ${maxTerms} terms that ask DNS`)
  }

  #countVoid(): void {
    this.#voids += 1
    if (this.#voids > maxVoids)
      throw new Verdict('permerror', `more than ${maxVoids} terms whose answers are empty`)
  }

  #failure(type: string, name: string, because: string): Verdict {
    return new Verdict('temperror', `${type} ${name} is not answered: ${because}`)
  }
}

interface NetworkBits {
  readonly bits4: number
  readonly bits6: number
}
