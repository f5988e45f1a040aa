import net from 'node:net'

/** A port that hands everything on to a server, and listens to what it answers. */
export interface ListeningRelay {
  readonly port: number
  /** Lines that the server sent and that tell of a client it did not understand. */
  readonly bad: readonly string[]
  stop(): Promise<void>
}

/** Listens on a port of 127.0.0.1 for IMAP without TLS, and remembers every BAD. */
export async function startListeningRelay(port: number): Promise<ListeningRelay> {
  const bad: string[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: '127.0.0.1', port })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
      from.pipe(to)
    }
    let rest = ''
    upstream.on('data', (piece: Buffer) => {
      const lines = `${rest}${piece.toString('latin1')}`.split('\r\n')
      rest = lines.pop() ?? ''
      bad.push(...lines.filter((line) => /^(\*|[A-Za-z0-9.]+) BAD /.test(line)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay has no port')
  return {
    port: address.port,
    bad,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
