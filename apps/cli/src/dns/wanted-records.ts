import type { Config } from '@posthouse/config'
import { isIPv6 } from 'node:net'
import { keyRecordName, keyRecordText } from '@posthouse/mail-auth'
import type { DkimKey, StsServing } from '@posthouse/store'
import { clientRecords } from './client-records.ts'
import { stsRecords } from './sts-records.ts'

/** How much hangs on a record. `must`: mail does not work without it. */
export const levels = ['must', 'should', 'nice'] as const
export type Level = (typeof levels)[number]

/** What a record is for: how it is compared with what stands in DNS. */
export type Purpose =
  | 'mx'
  | 'address'
  | 'reverse'
  | 'spf'
  | 'dkim'
  | 'dmarc'
  | 'helo'
  | 'service'
  | 'host'
  | 'text'
  | 'tls-reports'

/** A record that a domain should have. */
export interface WantedRecord {
  readonly level: Level
  readonly purpose: Purpose
  /** A-label, without a final dot. */
  readonly name: string
  readonly type: 'MX' | 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'SRV' | 'PTR'
  /** As a zone file has it; of TXT the text in one piece, without quotes. */
  readonly value: string
  /** For people. */
  readonly why: string
  /** The key of a DKIM record. */
  readonly key?: DkimKey
}

/** What the records of a domain depend on. */
export interface DomainFacts {
  /** A-label, lower case. */
  readonly domain: string
  /** Ours. */
  readonly hostname: string
  /** Where the world reaches us, and where our mail comes from. */
  readonly addresses: readonly string[]
  readonly keys: readonly DkimKey[]
  /** What mail programs are told. */
  readonly clients: Config['clients']
  /** Its MTA-STS policy, where it publishes one. */
  readonly sts?: StsServing | undefined
}

/** All records that a domain should have, the most important first. */
export function wantedRecords(facts: DomainFacts): readonly WantedRecord[] {
  const { domain, hostname, addresses, keys } = facts
  const must = { level: 'must' } as const
  const records: WantedRecord[] = [
    {
      ...must,
      purpose: 'mx',
      name: domain,
      type: 'MX',
      value: `10 ${hostname}.`,
      why: 'other servers find us by it',
    },
    ...addresses.map((address): WantedRecord => ({
      ...must,
      purpose: 'address',
      name: hostname,
      type: isIPv6(address) ? 'AAAA' : 'A',
      value: address,
      why: 'the address behind our name',
    })),
    ...addresses.map((address): WantedRecord => ({
      ...must,
      purpose: 'reverse',
      name: address,
      type: 'PTR',
      value: `${hostname}.`,
      why: 'many servers refuse mail from addresses without it; your hosting company sets it',
    })),
    {
      ...must,
      purpose: 'spf',
      name: domain,
      type: 'TXT',
      value: 'v=spf1 mx ~all',
      why: 'says that we may send mail of this domain',
    },
    ...keys.filter(({ state }) => state !== 'retired').map(keyRecord),
    {
      ...must,
      purpose: 'dmarc',
      name: `_dmarc.${domain}`,
      type: 'TXT',
      value: `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`,
      why: 'large providers want it; begin with p=none',
    },
    {
      level: 'should',
      purpose: 'helo',
      name: hostname,
      type: 'TXT',
      value: 'v=spf1 a -all',
      why: 'nobody else may greet with our name (bounces have no other sender)',
    },
  ]
  return [...records, ...stsRecords(facts), ...clientRecords(facts)]
}

function keyRecord(key: DkimKey): WantedRecord {
  const why = {
    waiting: 'a signature key; it signs once it is seen here',
    active: 'the key that mail is signed with',
    retiring: 'mail on its way was signed with this key: leave it',
    retired: '',
  }[key.state]
  return {
    level: 'must',
    purpose: 'dkim',
    name: keyRecordName(key),
    type: 'TXT',
    value: keyRecordText(key),
    why,
    key,
  }
}
