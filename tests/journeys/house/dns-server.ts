import dgram from 'node:dgram'
import { once } from 'node:events'
import dnsPacket, { type Answer } from 'dns-packet'

/** A DNS server for tests that answers from a list. */
export interface DnsServer {
  /** `127.0.0.1:PORT`, as `POSTHOUSE_RESOLVERS` takes it. */
  readonly address: string
  close(): void
}

/** Starts a DNS server on 127.0.0.1 that knows these records and nothing else: NXDOMAIN (RFC 1035 §4.1.1). */
export async function startDns(records: readonly Answer[]): Promise<DnsServer> {
  const socket = dgram.createSocket('udp4')
  socket.on('message', (octets, peer) => {
    const reply = answer(octets, records)
    if (reply !== undefined) socket.send(reply, peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() }
}

function answer(octets: Buffer, records: readonly Answer[]): Buffer | undefined {
  const query = dnsPacket.decode(octets)
  const question = query.questions?.[0]
  if (question === undefined) return undefined
  const named = records.filter(({ name }) => name === question.name.toLowerCase())
  const answers = named.filter(({ type }) => type === question.type)
  const nxdomain = 3
  return dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: dnsPacket.AUTHORITATIVE_ANSWER | (named.length === 0 ? nxdomain : 0),
    questions: [question],
    answers: [...answers],
  })
}
