import { plainName, reverseName } from './names.ts'
import type { Answer, MxRecord, Resolver } from './resolver.ts'
import type { Zone, ZoneType } from './zone.ts'

/** A resolver that answers from a zone and asks nobody. For tests. */
export function zoneResolver(zone: Zone): Resolver {
  const ask = <T>(
    name: string,
    type: Exclude<ZoneType, 'FAIL'>,
    read: (value: string) => T,
  ): Promise<Answer<T>> => {
    const answer = zone.ask(name, type)
    if (answer.kind === 'fail') return Promise.resolve({ kind: 'temporary', because: 'SERVFAIL' })
    if (answer.kind !== 'records') return Promise.resolve({ kind: answer.kind })
    return Promise.resolve({ kind: 'records', records: answer.values.map(read), ttlSeconds: 300 })
  }
  return {
    async mx(name) {
      const answer = await ask(name, 'MX', parseMx)
      if (answer.kind !== 'records') return answer
      const records = answer.records.toSorted((a, b) => a.preference - b.preference)
      return { ...answer, records }
    },
    a: (name) => ask(name, 'A', String),
    aaaa: (name) => ask(name, 'AAAA', String),
    txt: (name) => ask(name, 'TXT', String),
    cname: (name) => ask(name, 'CNAME', plainName),
    ptr: (address) => ask(reverseName(address), 'PTR', plainName),
  }
}

/** `10 mx.example.test`; a host of `.` is a null MX (RFC 7505 §3), the empty name here. */
export function parseMx(value: string): MxRecord {
  const [preference = '0', exchange = ''] = value.split(/\s+/)
  return { preference: Number(preference), exchange: plainName(exchange) }
}
