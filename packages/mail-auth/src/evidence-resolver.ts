import { parseMx, reverseName, type Answer, type MxRecord, type Resolver } from '@posthouse/dns'
import type { Evidence } from './verdict.ts'
import { fromZoneText, toZoneText } from './zone-text.ts'

/**
 * A resolver that answers as DNS did when a verdict was found, so that it can be found again: by `check` with the same message
 * and input. What was not asked then is not answered.
 */
export function evidenceResolver(evidence: readonly Evidence[]): Resolver {
  const answers = new Map(evidence.map((each) => [`${each.type} ${each.name}`, each]))
  const ask = <T>(type: Evidence['type'], name: string, read: (record: string) => T) => {
    const there = answers.get(`${type} ${toZoneText(name.toLowerCase().replace(/\.$/, ''))}`)
    return Promise.resolve(answerOf(there, read))
  }
  return {
    a: (name) => ask('A', name, fromZoneText),
    aaaa: (name) => ask('AAAA', name, fromZoneText),
    mx: (name) => ask('MX', name, readMx),
    txt: (name) => ask('TXT', name, readText),
    cname: (name) => ask('CNAME', name, readName),
    ptr: (address) => ask('PTR', reverseName(address), readName),
    tlsa: () => Promise.resolve({ kind: 'temporary', because: notAsked }),
    srv: () => Promise.resolve({ kind: 'temporary', because: notAsked }),
    dnssec: () => ({ state: 'unknown', text: 'answers that were kept' }),
  }
}

const notAsked = 'not asked then'

function answerOf<T>(there: Evidence | undefined, read: (record: string) => T): Answer<T> {
  if (there === undefined) return { kind: 'temporary', because: notAsked }
  const { kind, records, ttlSeconds = 0, isSecure } = there
  if (kind === 'temporary') return { kind, because: 'not answered then' }
  if (kind !== 'records') return { kind, ttlSeconds, isSecure }
  return { kind, records: records.map(read), ttlSeconds, isSecure }
}

function readText(record: string): string {
  return fromZoneText(record.slice(1, -1))
}

function readName(record: string): string {
  return fromZoneText(record.endsWith('.') ? record.slice(0, -1) : record)
}

function readMx(record: string): MxRecord {
  const { preference, exchange } = parseMx(record)
  return { preference, exchange: fromZoneText(exchange) }
}
