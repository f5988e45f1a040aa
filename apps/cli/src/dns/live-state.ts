import type { Answer, Resolver } from '@posthouse/dns'
import { createAuthenticator, readPublication } from '@posthouse/mail-auth'
import { isSpf, mergeSpf } from './merge-spf.ts'
import type { WantedRecord } from './wanted-records.ts'

/** A record held against DNS. `unknown`: DNS did not answer. */
export interface LiveState {
  readonly state: 'found' | 'missing' | 'different' | 'unknown'
  /** What stands there. */
  readonly found: readonly string[]
  /** What is wrong, or what else is worth a word. */
  readonly because?: string
  /** The record that should stand there, where it is another than the one wanted of an empty zone. */
  readonly value?: string
}

/** Holds wanted records against DNS. */
export class LiveZone {
  readonly #resolver: Resolver
  readonly #hostname: string
  readonly #addresses: readonly string[]

  constructor(resolver: Resolver, hostname: string, addresses: readonly string[]) {
    this.#resolver = resolver
    this.#hostname = hostname
    this.#addresses = addresses
  }

  /** Never rejects. */
  async stateOf(record: WantedRecord): Promise<LiveState> {
    const { name, type, value } = record
    switch (record.purpose) {
      case 'mx':
        return this.#mx(name)
      case 'address': {
        const answer = await (type === 'A' ? this.#resolver.a(name) : this.#resolver.aaaa(name))
        return stateOf(answer, (one) => one === value)
      }
      case 'reverse':
        return stateOf(await this.#resolver.ptr(name), (one) => one === this.#hostname)
      case 'spf':
        return this.#spf(name, `postmaster@${name}`, value)
      case 'helo':
        return this.#spf(name, '', value)
      case 'dkim':
        return this.#dkim(record)
      case 'dmarc':
        return this.#dmarc(name)
      case 'service':
        return this.#service(record)
      case 'host':
        return this.#host(record)
      case 'text':
        return this.#text(record)
      case 'tls-reports': {
        const answer = await this.#resolver.txt(name)
        return stateOf(answer, (one) => /^v=TLSRPTv1\s*;/.test(one))
      }
    }
  }

  async #mx(domain: string): Promise<LiveState> {
    const answer = await this.#resolver.mx(domain)
    const shown = show(answer, ({ preference, exchange }) => `${preference} ${exchange}.`)
    const state = stateOf(shown, (one) => one.endsWith(` ${this.#hostname}.`))
    const others = state.found.filter((one) => !one.endsWith(` ${this.#hostname}.`))
    if (state.state !== 'found' || others.length === 0) return state
    return { ...state, because: `mail also goes to ${others.join(', ')}` }
  }

  /** Whether we may send: what counts is the verdict, however it is written. */
  async #spf(name: string, mailFrom: string, value: string): Promise<LiveState> {
    const answer = await this.#resolver.txt(name)
    if (answer.kind === 'temporary') return unknown(answer.because)
    const found = answer.kind === 'records' ? answer.records.filter(isSpf) : []
    if (found.length === 0) return { state: 'missing', found }
    const refused: string[] = []
    for (const address of this.#addresses) {
      const spf = await this.#verdict(address, mailFrom)
      if (spf === 'temperror') return unknown('what the record refers to does not answer')
      if (spf !== 'pass') refused.push(address)
    }
    if (found.length === 1 && refused.length === 0) return { state: 'found', found }
    const because =
      found.length > 1
        ? 'of two SPF records receivers count neither'
        : `it does not let ${refused.join(', ')} send`
    const merged = mailFrom === '' ? value : mergeSpf(found, refused)
    return { state: 'different', found, because, value: merged }
  }

  async #verdict(address: string, mailFrom: string): Promise<string> {
    const authenticator = createAuthenticator({
      resolver: this.#resolver,
      hostname: this.#hostname,
      trustedSealers: [],
    })
    const input = { address, helo: this.#hostname, mailFrom, at: new Date() }
    const { spf } = await authenticator.check(Buffer.from('From: <a@b.test>\r\n\r\n'), input)
    return mailFrom === '' ? spf.helo.result : spf.mailFrom.result
  }

  async #dkim({ name, key }: WantedRecord): Promise<LiveState> {
    const answer = await this.#resolver.txt(name)
    const found = answer.kind === 'records' ? answer.records : []
    if (key === undefined) return { state: 'unknown', found }
    const { state, because } = readPublication(key, answer)
    if (state === 'seen') return { state: 'found', found }
    if (state === 'absent') return { state: 'missing', found }
    return { state: state === 'unanswered' ? 'unknown' : 'different', found, because }
  }

  async #dmarc(name: string): Promise<LiveState> {
    const answer = await this.#resolver.txt(name)
    if (answer.kind === 'temporary') return unknown(answer.because)
    const all = answer.kind === 'records' ? answer.records : []
    const found = all.filter((text) => /^v=DMARC1\s*(;|$)/.test(text))
    if (found.length === 0) return { state: 'missing', found: all }
    if (found.length === 1) return { state: 'found', found }
    return { state: 'different', found, because: 'of two DMARC records receivers count neither' }
  }

  /** By what way a name leads here is all the same. */
  async #host({ name, value }: WantedRecord): Promise<LiveState> {
    const target = value.slice(0, -1)
    const alias = stateOf(await this.#resolver.cname(name), (one) => one === target)
    if (alias.state === 'found' || alias.state === 'unknown') return alias
    const found: string[] = [...alias.found]
    for (const answer of await Promise.all([this.#resolver.a(name), this.#resolver.aaaa(name)])) {
      if (answer.kind === 'temporary') return unknown(answer.because)
      if (answer.kind === 'records') found.push(...answer.records)
    }
    if (found.some((one) => this.#addresses.includes(one))) return { state: 'found', found }
    return { state: found.length === 0 ? 'missing' : 'different', found }
  }

  /** Of the records of its kind there must be one, and this one. */
  async #text({ name, value }: WantedRecord): Promise<LiveState> {
    const answer = await this.#resolver.txt(name)
    const kind = value.slice(0, value.indexOf(';'))
    const state = stateOf(answer, (one) => sameText(one) === sameText(value))
    const others = state.found.filter((one) => one.startsWith(kind))
    if (state.state !== 'found' || others.length < 2) return state
    return { ...state, state: 'different', because: 'of several such records none counts' }
  }

  async #service({ name, value }: WantedRecord): Promise<LiveState> {
    const answer = await this.#resolver.srv(name)
    const shown = show(answer, ({ priority, weight, port, target }) =>
      [priority, weight, port, `${target}.`].join(' '),
    )
    const end = value.split(' ').slice(2).join(' ')
    return stateOf(shown, (one) => one.endsWith(` ${end}`))
  }
}

/** However it is spaced. */
function sameText(text: string): string {
  return text.replaceAll(/\s*;\s*/g, ';').replace(/;$/, '')
}

function show<T>(answer: Answer<T>, text: (record: T) => string): Answer<string> {
  return answer.kind === 'records' ? { ...answer, records: answer.records.map(text) } : answer
}

function stateOf(answer: Answer<string>, isWanted: (record: string) => boolean): LiveState {
  if (answer.kind === 'temporary') return unknown(answer.because)
  const found = answer.kind === 'records' ? answer.records : []
  if (found.some(isWanted)) return { state: 'found', found }
  return { state: found.length === 0 ? 'missing' : 'different', found }
}

function unknown(because: string): LiveState {
  return { state: 'unknown', found: [], because: `DNS does not answer: ${because}` }
}
