import { decode, type Answer as PacketRecord, type DecodedPacket } from 'dns-packet'
import { plainName } from './names.ts'
import type { Query } from './query.ts'

/** A reply to our question. */
export interface DnsReply {
  /** RFC 1035 §4.1.1; with the upper bits of EDNS (RFC 6891 §6.1.3). */
  readonly rcode: number
  /** The server vouches by DNSSEC for all that it says (RFC 4035 §3.2.3). */
  readonly isAuthentic: boolean
  readonly answers: readonly PacketRecord[]
  readonly authorities: readonly PacketRecord[]
}

/** What came in. `foreign`: not a reply to this question, as if nothing had come. */
export type ReadReply =
  | { readonly kind: 'reply'; readonly reply: DnsReply }
  | { readonly kind: 'truncated' | 'foreign' }
  | { readonly kind: 'failed'; readonly because: string }

const headerBytes = 12
const TRUNCATED = 0x0200
const AUTHENTIC = 0x0020

/** Reads what came in where the reply to `query` is awaited: id, direction, and question must be its own (RFC 5452 §9.1). */
export function readReply(octets: Buffer, query: Query): ReadReply {
  if (octets.length < headerBytes || octets.readUInt16BE(0) !== query.id) return { kind: 'foreign' }
  const flags = octets.readUInt16BE(2)
  if ((flags & 0x8000) === 0 || (flags & 0x7800) !== 0) return { kind: 'foreign' }
  const rcode = flags & 0xf
  const head = decoded(withoutRecords(octets))
  if (head === undefined || !isOurQuestion(head, query, rcode)) return { kind: 'foreign' }
  if ((flags & TRUNCATED) !== 0) return { kind: 'truncated' }
  const packet = decoded(octets)
  if (packet === undefined) return { kind: 'failed', because: 'an unreadable reply' }
  return {
    kind: 'reply',
    reply: {
      rcode: rcode | (extendedRcode(packet) << 4),
      isAuthentic: (flags & AUTHENTIC) !== 0,
      answers: (packet.answers ?? []).filter(isInternet),
      authorities: (packet.authorities ?? []).filter(isInternet),
    },
  }
}

/** A truncated reply may end within a record: its question is read apart. */
function withoutRecords(octets: Buffer): Buffer {
  const copy = Buffer.from(octets)
  return copy.fill(0, 6, headerBytes)
}

function decoded(octets: Buffer): DecodedPacket | undefined {
  try {
    return decode(octets)
  } catch {
    return undefined
  }
}

/** Errors may come without the question (a server that could not read it has none to repeat). */
function isOurQuestion(packet: DecodedPacket, { question }: Query, rcode: number): boolean {
  const [asked, ...more] = packet.questions ?? []
  if (asked === undefined) return rcode !== 0 && rcode !== 3
  return (
    more.length === 0 &&
    plainName(asked.name) === question.name &&
    asked.type === question.type &&
    (asked.class ?? 'IN') === 'IN'
  )
}

function isInternet(record: PacketRecord): boolean {
  return 'class' in record && record.class === 'IN'
}

function extendedRcode(packet: DecodedPacket): number {
  const opt = packet.additionals?.find((record) => record.type === 'OPT')
  return opt?.type === 'OPT' ? opt.extendedRcode : 0
}
