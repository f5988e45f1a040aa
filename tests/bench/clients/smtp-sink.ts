import net from 'node:net'

/** An SMTP server that takes everything and keeps nothing. */
export interface SmtpSink {
  readonly port: number
  /** Messages accepted so far. */
  accepted(): number
  /** Resolves when `count` messages were accepted. */
  reached(count: number): Promise<void>
  close(): Promise<void>
}

/** Starts a sink on every loopback address. */
export async function startSink(): Promise<SmtpSink> {
  let accepted = 0
  let waiting: { count: number; resolve: () => void } | undefined
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, () => {
      accepted++
      if (waiting !== undefined && accepted >= waiting.count) waiting.resolve()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  return {
    port: address.port,
    accepted: () => accepted,
    reached: (count) =>
      new Promise((resolve) => {
        if (accepted >= count) resolve()
        else waiting = { count, resolve }
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Answers each command line; in DATA only looks for the final dot, across chunks. */
function serve(socket: net.Socket, onMessage: () => void): void {
  let rest = ''
  let inData = false
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  socket.write('220 sink.test ESMTP\r\n')
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1')
    let answer = ''
    for (;;) {
      const end = inData ? rest.indexOf('\r\n.\r\n') : rest.indexOf('\r\n')
      if (end < 0) {
        if (inData) rest = rest.slice(-4)
        break
      }
      const line = rest.slice(0, end)
      rest = rest.slice(end + (inData ? 5 : 2))
      if (inData) {
        inData = false
        onMessage()
        answer += '250 2.0.0 taken\r\n'
        continue
      }
      const verb = line.slice(0, 4).toUpperCase()
      inData = verb === 'DATA'
      answer += replyTo(verb)
    }
    if (answer !== '') socket.write(answer)
  })
}

function replyTo(verb: string): string {
  if (verb === 'EHLO') return '250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE\r\n'
  if (verb === 'DATA') return '354 go on\r\n'
  if (verb === 'QUIT') return '221 2.0.0 bye\r\n'
  return '250 2.0.0 ok\r\n'
}
