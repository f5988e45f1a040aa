import net from 'node:net'

/** An LMTP server (RFC 2033) that takes everything and keeps it: for clients that hand on what they fetch. */
export interface LmtpSink {
  readonly port: number
  /** The messages taken so far, one character per octet. */
  readonly messages: readonly string[]
  stop(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1. One recipient per message. */
export async function startLmtpSink(): Promise<LmtpSink> {
  const messages: string[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    serve(socket, messages)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  return {
    port: address.port,
    messages,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function serve(socket: net.Socket, messages: string[]): void {
  let rest = ''
  let isInData = false
  socket.setEncoding('latin1').write('220 sink.test LMTP\r\n')
  socket.on('data', (text: string) => {
    rest += text
    for (;;) {
      const mark = isInData ? '\r\n.\r\n' : '\r\n'
      const end = rest.indexOf(mark)
      if (end === -1) return
      const part = rest.slice(0, end)
      rest = rest.slice(end + mark.length)
      if (isInData) messages.push(part)
      socket.write(isInData ? '250 2.0.0 taken\r\n' : replyTo(part))
      isInData = !isInData && /^data$/i.test(part)
    }
  })
}

function replyTo(line: string): string {
  switch (line.slice(0, 4).toUpperCase()) {
    case 'LHLO':
      return '250-sink.test\r\n250 8BITMIME\r\n'
    case 'DATA':
      return '354 go on\r\n'
    case 'QUIT':
      return '221 2.0.0 bye\r\n'
    default:
      return '250 2.0.0 ok\r\n'
  }
}
