import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import type { Zone } from '@posthouse/dns'
import { replyTo } from './dns-reply.ts'

/**
 * Ways in which a server can be bad. `truncate`: over UDP it says no more than that there is more. `wrong-id`,
 * `wrong-question`: a reply to something else comes first, the true one follows. `only-wrong`: the true one never comes (`only-wrong-over-tcp`: over UDP it
 * is truncated). `garbage`: the header and then noise. `cname-loop`: circles of CNAMEs are shown instead of failed. `no-edns`: FORMERR to all
 * that bear OPT. `forged-ad`: AD over all, signed or not. `no-ad`: AD over nothing.
 */
export type DnsFault =
  | 'truncate'
  | 'wrong-id'
  | 'wrong-question'
  | 'only-wrong'
  | 'only-wrong-over-tcp'
  | 'garbage'
  | 'cname-loop'
  | 'no-edns'
  | 'forged-ad'
  | 'no-ad'

/** A DNS server at work. */
export interface DnsServer {
  /** `127.0.0.1:port`, for `POSTHOUSE_RESOLVERS` and `createResolver`. */
  readonly address: string
  /** Questions so far, as `TYPE name`. */
  readonly questions: readonly string[]
  /** The same of those that came over TCP. */
  readonly tcpQuestions: readonly string[]
  close(): Promise<void>
}

/** Answers over UDP and TCP on 127.0.0.1 from a zone, for apps that run as processes of their own. */
export async function startDnsServer(zone: Zone, ...faults: DnsFault[]): Promise<DnsServer> {
  const questions: string[] = []
  const tcpQuestions: string[] = []
  const { udp, tcp, port } = await openBoth()
  const repliesTo = (octets: Buffer, isTcp: boolean) => {
    const answered = replyTo(octets, zone, {
      isAuthentic: !faults.includes('no-ad'),
      cnameLoop: faults.includes('cname-loop'),
    })
    if (answered === undefined) return []
    const { type, name } = answered.question
    questions.push(`${type} ${name}`)
    if (isTcp) tcpQuestions.push(`${type} ${name}`)
    return answered.reply === undefined ? [] : spoil(answered.reply, octets, new Set(faults), isTcp)
  }
  udp.on('message', (octets, { port: from, address }: RemoteInfo) => {
    for (const reply of repliesTo(octets, false)) udp.send(reply, from, address)
  })
  const open = new Set<TcpSocket>()
  tcp.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    serveTcp(socket, (octets) => repliesTo(octets, true))
  })
  return {
    address: `127.0.0.1:${port}`,
    questions,
    tcpQuestions,
    async close() {
      for (const socket of open) socket.destroy()
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ])
    },
  }
}

/** One port for both: the system's choice for UDP may be taken for TCP, then another. */
async function openBoth(): Promise<{ udp: Socket; tcp: Server; port: number }> {
  for (let tries = 1; ; tries++) {
    const udp = createSocket('udp4')
    udp.bind(0, '127.0.0.1')
    await once(udp, 'listening')
    const { port } = udp.address()
    const tcp = createServer()
    try {
      tcp.listen(port, '127.0.0.1')
      await once(tcp, 'listening')
      return { udp, tcp, port }
    } catch (error) {
      udp.close()
      if (tries === 20) throw error
    }
  }
}

function serveTcp(socket: TcpSocket, repliesTo: (octets: Buffer) => readonly Buffer[]): void {
  let received = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (octets) => {
    received = Buffer.concat([received, octets])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0)
      for (const reply of repliesTo(received.subarray(2, end))) {
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      }
      received = received.subarray(end)
    }
  })
}

function spoil(
  reply: Buffer,
  query: Buffer,
  faults: ReadonlySet<DnsFault>,
  isTcp: boolean,
): readonly Buffer[] {
  if (faults.has('no-edns') && query.readUInt16BE(10) > 0) return [flagged(query, 0x8181)]
  if (faults.has('forged-ad')) return [flagged(reply, reply.readUInt16BE(2) | 0x20)]
  if (faults.has('garbage')) return [Buffer.concat([reply.subarray(0, 40), Buffer.alloc(8, 0xff)])]
  const isBadOverTcp = faults.has('only-wrong-over-tcp')
  if ((faults.has('truncate') || isBadOverTcp) && !isTcp)
    return [flagged(reply, reply.readUInt16BE(2) | 0x0200)]
  const wrong: Buffer[] = []
  const isOnlyWrong = faults.has('only-wrong') || isBadOverTcp
  if (faults.has('wrong-id') || isOnlyWrong) {
    const other = Buffer.from(reply)
    other.writeUInt16BE((reply.readUInt16BE(0) + 1) % 0x1_0000)
    wrong.push(other)
  }
  if (faults.has('wrong-question')) {
    const other = Buffer.from(reply)
    // The first letter of the question's name.
    other.writeUInt8(other.readUInt8(13) === 0x78 ? 0x79 : 0x78, 13)
    wrong.push(other)
  }
  return isOnlyWrong ? wrong : [...wrong, reply]
}

function flagged(octets: Buffer, flags: number): Buffer {
  const copy = Buffer.from(octets)
  copy.writeUInt16BE(flags, 2)
  return copy
}
