import { decode, encode, type Answer } from 'dns-packet'
import {
  parseMx,
  parseSrv,
  parseTlsa,
  type Zone,
  type ZoneAnswer,
  type ZoneType,
} from '@posthouse/dns'

const askable: readonly ZoneType[] = [
  'A',
  'AAAA',
  'MX',
  'TXT',
  'CNAME',
  'PTR',
  'TLSA',
  'SRV',
  'SOA',
]

/** RFC 1035 §4.1.1. */
const rcodes = { records: 0, nodata: 0, nxdomain: 3, fail: 2 } as const

/** RD and RA: recursion, as asked and as given. */
const RECURSIVE = 0x0180
const AUTHENTIC = 0x0020
const CHECKING_DISABLED = 0x0010

/** A question as it came. */
export interface DnsQuestion {
  readonly name: string
  /** `MX`, `UNKNOWN_99`. */
  readonly type: string
}

/** The reply of a validating resolver that knows this zone; undefined: it stays silent. */
export function replyTo(
  octets: Buffer,
  zone: Zone,
  { isAuthentic = true, cnameLoop = false } = {},
): { readonly question: DnsQuestion; readonly reply: Buffer | undefined } | undefined {
  const query = decode(octets)
  const [question] = query.questions ?? []
  if (question === undefined || query.id === undefined) return undefined
  const type = askable.find((each) => each === question.type)
  const checking = ((query.flags ?? 0) & CHECKING_DISABLED) === 0
  const answer: ZoneAnswer =
    type === undefined
      ? { kind: 'nodata', chain: [], ttlSeconds: 0, isSecure: false }
      : zone.ask(question.name, type, { checking })
  if (answer.kind === 'silence') return { question, reply: undefined }
  const isLoop = cnameLoop && answer.kind === 'fail' && answer.chain.length > 0
  const isSecure = isAuthentic && answer.kind !== 'fail' && answer.isSecure
  const reply = encode({
    type: 'response',
    id: query.id,
    flags: RECURSIVE | (isSecure ? AUTHENTIC : 0) | (isLoop ? 0 : rcodes[answer.kind]),
    questions: [question],
    answers: answersOf(question.name, type ?? 'A', answer, isLoop),
    authorities: authoritiesOf(answer),
  })
  return { question, reply }
}

function answersOf(name: string, type: ZoneType, answer: ZoneAnswer, isLoop: boolean): Answer[] {
  if (answer.kind === 'fail' && !isLoop) return []
  const aliases = answer.chain.map((alias): Answer => ({
    name: alias.name,
    type: 'CNAME',
    ttl: alias.ttlSeconds,
    data: alias.target,
  }))
  if (answer.kind !== 'records') return aliases
  const owner = answer.chain.at(-1)?.target ?? name
  return [
    ...aliases,
    ...answer.values.map((value) => recordOf(owner, type, value, answer.ttlSeconds)),
  ]
}

function authoritiesOf(answer: ZoneAnswer): Answer[] {
  if (answer.kind !== 'nodata' && answer.kind !== 'nxdomain') return []
  if (answer.soa === undefined) return []
  return [recordOf(answer.soa.name, 'SOA', answer.soa.value, answer.soa.ttlSeconds ?? 300)]
}

function recordOf(name: string, type: ZoneType, value: string, ttl: number): Answer {
  if (type === 'MX') {
    const { exchange, preference } = parseMx(value)
    return { name, type, ttl, data: { exchange: exchange === '' ? '.' : exchange, preference } }
  }
  if (type === 'TXT') return { name, type, ttl, data: stringsOf(Buffer.from(value)) }
  if (type === 'SOA') return { name, type, ttl, data: soaOf(value) }
  if (type === 'SRV') return { name, type, ttl, data: parseSrv(value) }
  if (type !== 'TLSA') return { name, type, ttl, data: value }
  const { usage, selector, matchingType, data } = parseTlsa(value)
  return { name, type, ttl, data: { usage, selector, matchingType, certificate: data } }
}

/** Strings of at most 255 octets (RFC 1035 §3.3). */
function stringsOf(octets: Buffer): Buffer[] {
  const strings: Buffer[] = []
  for (let at = 0; at < octets.length; at += 255) strings.push(octets.subarray(at, at + 255))
  return strings.length > 0 ? strings : [Buffer.alloc(0)]
}

function soaOf(value: string) {
  const [mname = '.', rname = '.', ...numbers] = value.split(/\s+/)
  const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers.map(Number)
  return { mname, rname, serial, refresh, retry, expire, minimum }
}
