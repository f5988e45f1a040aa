import { createSocket } from 'node:dgram'
import { createConnection, isIPv6 } from 'node:net'
import type { Query } from './query.ts'
import { readReply, type ReadReply } from './reply.ts'
import type { ServerAddress } from './server-address.ts'

/** What an exchange with one server came to. */
export type Exchanged = Exclude<ReadReply, { readonly kind: 'foreign' }>

/** A way to ask one server; never rejects, ends within `waitMs`. */
export type Transport = (server: ServerAddress, query: Query, waitMs: number) => Promise<Exchanged>

function codeOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message
}

/**
 * Asks over UDP, from a port of its own that the system draws at random (RFC 5452 §9.2). The socket is connected, so that only
 * the server's datagrams come in and an unreachable one is told at once. What is no reply to the question is passed over.
 */
export const overUdp: Transport = (server, query, waitMs) => {
  const { promise, resolve } = Promise.withResolvers<Exchanged>()
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
  let isOver = false
  const end = (outcome: Exchanged) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    socket.close()
    resolve(outcome)
  }
  const fail = (because: string) => end({ kind: 'failed', because })
  const timer = setTimeout(() => fail('time-out'), waitMs)
  socket.on('error', (error) => fail(codeOf(error)))
  socket.on('message', (octets) => {
    const read = readReply(octets, query)
    if (read.kind !== 'foreign') end(read)
  })
  socket.connect(server.port, server.host, (error?: Error) => {
    if (isOver) return
    if (error instanceof Error) fail(codeOf(error))
    else socket.send(query.octets)
  })
  return promise
}

/** Asks over TCP (RFC 7766). */
export const overTcp: Transport = async (server, query, waitMs) => {
  const exchanged = await messageOverTcp(server, query.octets, waitMs)
  if (!Buffer.isBuffer(exchanged)) return exchanged
  const read = readReply(exchanged, query)
  // RFC 7766 §7: on a connection of its own a reply to something else is nothing to wait behind.
  return read.kind === 'foreign'
    ? { kind: 'failed', because: 'a reply to another question over TCP' }
    : read
}

/** Sends a message over TCP, two octets of length before it, and gives the one that comes back. Never rejects. */
export function messageOverTcp(
  server: Pick<ServerAddress, 'host' | 'port'>,
  message: Buffer,
  waitMs: number,
): Promise<Buffer | { readonly kind: 'failed'; readonly because: string }> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof messageOverTcp>>>()
  const socket = createConnection({ host: server.host, port: server.port, noDelay: true })
  let received = Buffer.alloc(0)
  const end = (outcome: Awaited<ReturnType<typeof messageOverTcp>>) => {
    clearTimeout(timer)
    socket.destroy()
    resolve(outcome)
  }
  const fail = (because: string) => end({ kind: 'failed', because })
  const timer = setTimeout(() => fail('time-out over TCP'), waitMs)
  socket.on('error', (error) => fail(`${codeOf(error)} over TCP`))
  socket.on('end', () => fail('closed without a reply over TCP'))
  socket.on('data', (octets) => {
    received = Buffer.concat([received, octets])
    if (received.length < 2) return
    const whole = 2 + received.readUInt16BE(0)
    if (received.length >= whole) end(received.subarray(2, whole))
  })
  socket.write(Buffer.concat([lengthOf(message), message]))
  return promise
}

function lengthOf(octets: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(octets.length)
  return length
}
