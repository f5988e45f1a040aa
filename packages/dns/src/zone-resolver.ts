import { plainName, reverseName } from './names.ts'
import type { Answer, DnssecStatus, MxRecord, Resolver, SrvRecord, TlsaRecord } from './resolver.ts'
import type { Zone } from './zone.ts'
import type { ZoneType } from './zone-record.ts'

const validating: DnssecStatus = { state: 'validating', text: 'a zone that answers for itself' }

/** A resolver that answers from a zone and asks nobody; what the zone marks as signed is secure. For tests. */
export function zoneResolver(zone: Zone): Resolver {
  return {
    async mx(name) {
      const answer = await ask(zone, name, 'MX', parseMx)
      if (answer.kind !== 'records') return answer
      const records = answer.records.toSorted((a, b) => a.preference - b.preference)
      return { ...answer, records }
    },
    a: (name) => ask(zone, name, 'A', String),
    aaaa: (name) => ask(zone, name, 'AAAA', String),
    txt: (name) => ask(zone, name, 'TXT', String),
    cname: (name) => ask(zone, name, 'CNAME', plainName),
    ptr: (address) => ask(zone, reverseName(address), 'PTR', plainName),
    tlsa: (name) => ask(zone, name, 'TLSA', parseTlsa),
    srv: (name) => ask(zone, name, 'SRV', parseSrv),
    dnssec: () => validating,
  }
}

function ask<T>(
  zone: Zone,
  name: string,
  type: ZoneType,
  read: (value: string) => T,
): Promise<Answer<T>> {
  const answer = zone.ask(name, type)
  if (answer.kind === 'fail' || answer.kind === 'silence') {
    const because = answer.kind === 'fail' ? 'SERVFAIL' : 'time-out'
    return Promise.resolve({ kind: 'temporary', because })
  }
  const { kind, isSecure } = answer
  const ttlSeconds = Math.min(answer.ttlSeconds, ...answer.chain.map((alias) => alias.ttlSeconds))
  if (kind !== 'records') return Promise.resolve({ kind, ttlSeconds, isSecure })
  return Promise.resolve({ kind, records: answer.values.map(read), ttlSeconds, isSecure })
}

/** `10 mx.example.test`; a host of `.` is a null MX (RFC 7505 §3), the empty name here. */
export function parseMx(value: string): MxRecord {
  const [preference = '0', exchange = ''] = value.split(/\s+/)
  return { preference: Number(preference), exchange: plainName(exchange) }
}

/** `0 1 993 mail.example.test` (RFC 2782). */
export function parseSrv(value: string): SrvRecord {
  const [priority, weight, port, target = ''] = value.split(/\s+/)
  return {
    priority: Number(priority),
    weight: Number(weight),
    port: Number(port),
    target: plainName(target),
  }
}

/** `3 1 1 c0ffee…` (RFC 6698 §2.2). */
export function parseTlsa(value: string): TlsaRecord {
  const [usage, selector, matchingType, ...hex] = value.split(/\s+/)
  return {
    usage: Number(usage),
    selector: Number(selector),
    matchingType: Number(matchingType),
    data: Buffer.from(hex.join(''), 'hex'),
  }
}
