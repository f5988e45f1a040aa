import type { Answer as PacketRecord } from 'dns-packet'
import { plainName } from './names.ts'
import type { Question } from './query.ts'
import type { DnsReply } from './reply.ts'
import type { Answer } from './resolver.ts'

/** Makes a value of a record's data; undefined for what is no record of the type. */
export type ReadRecord<T> = (record: PacketRecord) => T | undefined

/** The longest chain of CNAMEs that is followed. */
const maxChain = 12

const NXDOMAIN = 3

/** What a reply says to a question: CNAMEs followed in it, TTLs those of the shortest-lived record on the way. */
export function outcomeOf<T>(reply: DnsReply, question: Question, read: ReadRecord<T>): Answer<T> {
  const isSecure = reply.isAuthentic
  const seen = new Set([question.name])
  let { name } = question
  let ttl = Number.POSITIVE_INFINITY
  for (;;) {
    const here = reply.answers.filter((record) => plainName(record.name) === name)
    const found = here.filter((record) => record.type === question.type)
    if (found.length > 0) {
      const records = found.map(read).filter((value) => value !== undefined)
      if (records.length === 0) return { kind: 'temporary', because: 'unreadable records' }
      return { kind: 'records', records, isSecure, ttlSeconds: Math.min(ttl, ...found.map(ttlOf)) }
    }
    const alias = here.find((record) => record.type === 'CNAME')
    if (alias?.type !== 'CNAME') break
    ttl = Math.min(ttl, ttlOf(alias))
    name = plainName(alias.data)
    if (seen.has(name)) return { kind: 'temporary', because: 'CNAMEs that go in circles' }
    if (seen.size > maxChain) return { kind: 'temporary', because: 'too many CNAMEs in a row' }
    seen.add(name)
  }
  if (isReferral(reply)) return { kind: 'temporary', because: 'a referral: it does not recurse' }
  const kind = reply.rcode === NXDOMAIN ? 'nxdomain' : 'nodata'
  return { kind, isSecure, ttlSeconds: Math.min(ttl, negativeTtl(reply)) }
}

/** A TTL with the top bit set is 0 (RFC 2181 §8). */
function ttlOf(record: PacketRecord): number {
  const ttl = 'ttl' in record ? (record.ttl ?? 0) : 0
  return ttl > 0x7fff_ffff ? 0 : ttl
}

/** The smaller of the SOA's TTL and its MINIMUM; without SOA it is not to be kept (RFC 2308 §5). */
function negativeTtl({ authorities }: DnsReply): number {
  const soa = authorities.find((record) => record.type === 'SOA')
  return soa?.type === 'SOA' ? Math.min(ttlOf(soa), soa.data.minimum ?? 0) : 0
}

/** NS without SOA and without answers: the server sends us elsewhere (RFC 2308 §2.2). */
function isReferral({ rcode, answers, authorities }: DnsReply): boolean {
  return (
    rcode === 0 &&
    answers.length === 0 &&
    authorities.some(({ type }) => type === 'NS') &&
    !authorities.some(({ type }) => type === 'SOA')
  )
}
