import { plainName } from './names.ts'
import { parseZoneRecord, type ZoneMark, type ZoneRecord, type ZoneType } from './zone-record.ts'

/** The longest chain of CNAMEs that is followed. */
const maxChain = 8

/** TTL of records without one. */
const defaultTtlSeconds = 300

/** TTL of "there is none" where no SOA says it (RFC 2308 §5). */
const defaultNegativeTtlSeconds = 60

/** One CNAME on the way to an answer. */
export interface ZoneAlias {
  readonly name: string
  readonly target: string
  readonly ttlSeconds: number
}

/** What a zone says to a question. `fail`: SERVFAIL; `silence`: nothing comes. */
export type ZoneAnswer = {
  /** CNAMEs on the way, in their order. */
  readonly chain: readonly ZoneAlias[]
} & (
  | ({ readonly kind: 'records'; readonly values: readonly string[] } & ZoneStanding)
  | ({ readonly kind: 'nxdomain' | 'nodata'; readonly soa?: ZoneRecord } & ZoneStanding)
  | { readonly kind: 'fail' }
  | { readonly kind: 'silence' }
)

interface ZoneStanding {
  readonly ttlSeconds: number
  /** Every name on the way is signed. */
  readonly isSecure: boolean
}

/**
 * Records by name, for tests. The text form has a record per line, `NAME [TTL] TYPE VALUE`; names are
 * absolute, `#` begins a comment, text may be in quotes: `example.test MX 10 mx.example.test`.
 */
export class Zone {
  readonly #records = new Map<string, ZoneRecord[]>()

  /** @throws Error naming the line that is no record. */
  constructor(text: string) {
    for (const [index, line] of text.split('\n').entries()) {
      const bare = line.replace(/(^|\s)#.*$/, '').trim()
      if (bare !== '') this.add(parseZoneRecord(bare, index + 1))
    }
  }

  add(record: ZoneRecord): void {
    const name = plainName(record.name)
    const there = this.#records.get(name)
    if (there === undefined) this.#records.set(name, [record])
    else there.push(record)
  }

  /** Removes every record at a name. */
  remove(name: string): void {
    this.#records.delete(plainName(name))
  }

  /**
   * Answers as a validating resolver does: CNAMEs are followed, empty non-terminals exist. `checking: false` (CD, RFC 4035
   * §3.2.2) shows what is bogus, too.
   */
  ask(name: string, type: ZoneType, { checking = true } = {}): ZoneAnswer {
    const chain: ZoneAlias[] = []
    let isSecure = true
    let plain = plainName(name)
    for (;;) {
      isSecure &&= this.#isSigned(plain)
      const there = this.#records.get(plain)
      if (there === undefined) {
        return this.#negative(this.#hasBelow(plain) ? 'nodata' : 'nxdomain', plain, chain, isSecure)
      }
      const failure = failureOf(there, checking)
      if (failure !== undefined) return { kind: failure, chain }
      const found = there.filter((record) => record.type === type)
      if (found.length > 0) {
        const ttls = found.map(({ ttlSeconds }) => ttlSeconds ?? defaultTtlSeconds)
        const values = found.map(({ value }) => value)
        return { kind: 'records', values, chain, isSecure, ttlSeconds: Math.min(...ttls) }
      }
      const alias = there.find((record) => record.type === 'CNAME')
      if (alias === undefined) return this.#negative('nodata', plain, chain, isSecure)
      if (chain.length >= maxChain) return { kind: 'fail', chain }
      const target = plainName(alias.value)
      chain.push({ name: plain, target, ttlSeconds: alias.ttlSeconds ?? defaultTtlSeconds })
      plain = target
    }
  }

  #negative(
    kind: 'nxdomain' | 'nodata',
    name: string,
    chain: readonly ZoneAlias[],
    isSecure: boolean,
  ): ZoneAnswer {
    const soa = this.#closest(name, 'SOA')
    if (soa === undefined) return { kind, chain, isSecure, ttlSeconds: defaultNegativeTtlSeconds }
    const minimum = Number(soa.value.split(/\s+/)[6] ?? defaultNegativeTtlSeconds)
    const ttlSeconds = Math.min(soa.ttlSeconds ?? defaultTtlSeconds, minimum)
    return { kind, chain, isSecure, ttlSeconds, soa }
  }

  #isSigned(name: string): boolean {
    return this.#closest(name, 'SECURE') !== undefined
  }

  /** The record of this type at the name or the nearest one above it, the root last. */
  #closest(name: string, type: ZoneType | ZoneMark): ZoneRecord | undefined {
    for (let at = name; ;) {
      const found = this.#records.get(at)?.find((record) => record.type === type)
      if (found !== undefined || at === '') return found
      const dot = at.indexOf('.')
      at = dot < 0 ? '' : at.slice(dot + 1)
    }
  }

  #hasBelow(name: string): boolean {
    if (name === '') return this.#records.size > 0
    return [...this.#records.keys()].some((other) => other.endsWith(`.${name}`))
  }
}

function failureOf(
  records: readonly ZoneRecord[],
  checking: boolean,
): 'fail' | 'silence' | undefined {
  if (records.some(({ type }) => type === 'TIMEOUT')) return 'silence'
  const isFailing = ({ type }: ZoneRecord) => type === 'FAIL' || (type === 'BOGUS' && checking)
  return records.some(isFailing) ? 'fail' : undefined
}
