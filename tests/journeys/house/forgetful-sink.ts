import { createServer, type Socket } from 'node:net'

/** A message that was taken. */
export interface TakenMessage {
  /** Octets of the message as it came, dots still stuffed. */
  readonly octets: number
}

/** A remote host that takes messages of any size and keeps none. */
export interface ForgetfulSink {
  readonly port: number
  readonly taken: readonly TakenMessage[]
  close(): Promise<void>
}

/** Starts one on a free port of loopback. */
export async function startForgetfulSink(): Promise<ForgetfulSink> {
  const taken: TakenMessage[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    socket.write('220 sink.test ESMTP\r\n')
    converse(socket, taken)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    taken,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function converse(socket: Socket, taken: TakenMessage[]): void {
  let isData = false
  let octets = 0
  let tail = ''
  socket.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('latin1')).slice(isData ? -5 : -10_000)
    if (isData) {
      octets += chunk.length
      if (tail !== '\r\n.\r\n') return
      taken.push({ octets: octets - 3 })
      isData = false
      tail = ''
      socket.write('250 2.0.0 taken\r\n')
      return
    }
    for (let end = tail.indexOf('\r\n'); end >= 0; end = tail.indexOf('\r\n')) {
      const line = tail.slice(0, end)
      tail = tail.slice(end + 2)
      if (/^EHLO/i.test(line)) socket.write('250-sink.test\r\n250-8BITMIME\r\n250 SIZE 0\r\n')
      else if (/^DATA/i.test(line)) {
        isData = true
        octets = 0
        socket.write('354 go on\r\n')
      } else if (/^QUIT/i.test(line)) socket.end('221 2.0.0 bye\r\n')
      else socket.write('250 2.0.0 ok\r\n')
    }
  })
}
