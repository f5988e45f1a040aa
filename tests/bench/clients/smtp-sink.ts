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

/** Starts a sink on every loopback address. `onlySigned`: it counts no message without a DKIM signature. */
export async function startSink(
  options: { readonly onlySigned?: boolean } = {},
): Promise<SmtpSink> {
  let accepted = 0
  let waiting: { count: number; resolve: () => void } | undefined
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, options.onlySigned === true, () => {
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

/** Answers each command line; in DATA only looks for the final dot, across chunks, and perhaps for a signature. */
function serve(socket: net.Socket, onlySigned: boolean, onMessage: () => void): void {
  let rest = ''
  let inData = false
  let isSigned = false
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  socket.write('220 sink.test ESMTP\r\n')
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1')
    let answer = ''
    for (;;) {
      if (inData && onlySigned) isSigned ||= rest.includes('DKIM-Signature: ')
      const end = inData ? rest.indexOf('\r\n.\r\n') : rest.indexOf('\r\n')
      if (end < 0) {
        // Enough of it that neither the dot nor the field's name is missed where a chunk ends.
        if (inData) rest = rest.slice(-20)
        break
      }
      const line = rest.slice(0, end)
      rest = rest.slice(end + (inData ? 5 : 2))
      if (inData) {
        inData = false
        if (isSigned || !onlySigned) onMessage()
        isSigned = false
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
