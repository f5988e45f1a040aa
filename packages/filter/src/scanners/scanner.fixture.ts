import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { ScannerAddress } from './scanner-address.ts'

/** A server of a test's own on loopback, which does with each connection what the test says. */
export interface FakeScanner {
  readonly address: ScannerAddress & { readonly port: number }
  /** Connections so far. */
  readonly count: number
  close(): Promise<void>
}

/** Opens one. */
export async function fakeScanner(serve: (socket: Socket) => void): Promise<FakeScanner> {
  const sockets = new Set<Socket>()
  let count = 0
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    count++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('not on a port')
  const { port } = bound
  return {
    address: { host: '127.0.0.1', port },
    get count() {
      return count
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Reads all that comes until `isWhole`, then answers and closes. */
export function answering(
  answer: string | Buffer,
  isWhole: (heard: Buffer) => boolean,
  heard: Buffer[] = [],
): (socket: Socket) => void {
  return (socket) => {
    let all = Buffer.alloc(0)
    socket.on('data', (piece) => {
      all = Buffer.concat([all, piece])
      if (!isWhole(all)) return
      heard.push(all)
      socket.end(answer)
    })
  }
}

/** True at the end of a stream of chunks. */
export function isStreamOver(heard: Buffer): boolean {
  return heard.subarray(-4).equals(Buffer.alloc(4))
}

/** The octets that were streamed, without the lengths between them. */
export function streamed(heard: Buffer): Buffer {
  const pieces: Buffer[] = []
  let at = heard.indexOf(0) + 1
  for (;;) {
    const length = heard.readUInt32BE(at)
    if (length === 0) return Buffer.concat(pieces)
    pieces.push(heard.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
}
