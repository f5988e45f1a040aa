import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode, type Answer } from 'dns-packet'
import { parseMx, type Zone, type ZoneType } from '@posthouse/dns'

/** A DNS server at work. */
export interface DnsServer {
  /** `127.0.0.1:port`, for `POSTHOUSE_RESOLVERS` and `createResolver`. */
  readonly address: string
  /** Questions so far, as `TYPE name`. */
  readonly questions: readonly string[]
  close(): Promise<void>
}

type Askable = Exclude<ZoneType, 'FAIL'>
const askable = ['A', 'AAAA', 'MX', 'TXT', 'CNAME', 'PTR'] as const

/** RFC 1035 §4.1.1. */
const rcodes = { records: 0, nodata: 0, nxdomain: 3, fail: 2 } as const

/** Answers over UDP on 127.0.0.1 from a zone, for apps that run as processes of their own. */
export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const questions: string[] = []
  socket.on('message', (octets, from) => {
    const reply = replyTo(octets, zone, questions)
    if (reply !== undefined) send(reply, from)
  })
  const send = (reply: Buffer, { port, address }: RemoteInfo) => socket.send(reply, port, address)
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function replyTo(octets: Buffer, zone: Zone, questions: string[]): Buffer | undefined {
  const query = decode(octets)
  const question = query.questions?.[0]
  const type = askable.find((each) => each === question?.type)
  if (question === undefined) return undefined
  questions.push(`${question.type} ${question.name}`)
  const answer = type === undefined ? { kind: 'nodata' as const } : zone.ask(question.name, type)
  const values = answer.kind === 'records' ? answer.values : []
  return encode({
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    // QR is set by the type; RD and RA: recursion, as asked and as given; then the code.
    flags: 0x0180 | rcodes[answer.kind],
    questions: [question],
    answers: values.map((value) => recordOf(question.name, type ?? 'A', value)),
  })
}

function recordOf(name: string, type: Askable, value: string): Answer {
  if (type === 'MX') {
    const { exchange, preference } = parseMx(value)
    return {
      name,
      type,
      ttl: 300,
      data: { exchange: exchange === '' ? '.' : exchange, preference },
    }
  }
  if (type === 'TXT') return { name, type, ttl: 300, data: value.match(/.{1,255}/gs) ?? [''] }
  return { name, type, ttl: 300, data: value }
}
