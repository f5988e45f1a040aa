/**
 * Record types that a zone may hold, and marks that say how questions about a name go: `FAIL` (SERVFAIL) and `TIMEOUT` (no
 * answer at all) for every question, `BOGUS` (what a validating resolver finds forged: SERVFAIL, but for those who ask with
 * CD), `SECURE` (signed: this name and all below it).
 */
export const zoneTypes = ['A', 'AAAA', 'MX', 'TXT', 'CNAME', 'PTR', 'TLSA', 'SRV', 'SOA'] as const
const zoneMarks = ['FAIL', 'TIMEOUT', 'BOGUS', 'SECURE'] as const

/** One of the types. */
export type ZoneType = (typeof zoneTypes)[number]

/** One of the marks. */
export type ZoneMark = (typeof zoneMarks)[number]

/** One record: `value` is an address, a name, `10 mx.example.test`, `3 1 1 c0ff…`, a SOA's seven words, or text. */
export interface ZoneRecord {
  readonly name: string
  readonly type: ZoneType | ZoneMark
  readonly value: string
  /** 300 when absent. */
  readonly ttlSeconds?: number
}

/**
 * Reads `NAME [TTL] TYPE VALUE`.
 *
 * @throws Error naming the line where it is none.
 */
export function parseZoneRecord(line: string, number: number): ZoneRecord {
  const match = /^(\S+)\s+(?:(\d{1,10})\s+)?([A-Za-z]+)\s*(.*)$/.exec(line)
  const type = [...zoneTypes, ...zoneMarks].find((each) => each === match?.[3]?.toUpperCase())
  const [, name = '', ttl, , value = ''] = match ?? []
  if (type === undefined)
    throw new Error(`zone line ${number} is not "NAME [TTL] TYPE VALUE": ${line}`)
  return {
    name,
    type,
    value: type === 'TXT' ? value.replace(/^"(.*)"$/, '$1') : value,
    ...(ttl === undefined ? {} : { ttlSeconds: Number(ttl) }),
  }
}
