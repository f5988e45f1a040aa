import net from 'node:net'

/** How long it takes to say 250 to a message: so that some are always under way. */
const slownessMs = 10

/** A remote host that takes everything, and knows how often, and what is under way. */
export class CountingSink {
  port = 0
  /** How often each recipient's message was taken. */
  readonly taken = new Map<string, number>()
  /** Recipients of transactions that have begun and not ended. */
  readonly #open = new Map<net.Socket, string[]>()
  readonly #server = net.createServer((socket) => this.#serve(socket))

  async start(): Promise<void> {
    const opened = Promise.withResolvers<void>()
    this.#server.listen(0, '127.0.0.1', opened.resolve)
    await opened.promise
    const address = this.#server.address()
    this.port = address !== null && typeof address !== 'string' ? address.port : 0
  }

  /** What a worker that is gone, or stands still, may have half sent, or sent and not recorded. */
  get underWay(): ReadonlySet<string> {
    return new Set([...this.#open.values()].flat())
  }

  async stop(): Promise<void> {
    for (const socket of this.#open.keys()) socket.destroy()
    const closed = Promise.withResolvers<void>()
    this.#server.close(() => closed.resolve())
    await closed.promise
  }

  #serve(socket: net.Socket): void {
    this.#open.set(socket, [])
    socket.on('error', () => undefined)
    socket.on('close', () => this.#open.delete(socket))
    let input = ''
    let isData = false
    socket.write('220 sink.test ESMTP\r\n')
    socket.on('data', (chunk) => {
      input += chunk.toString('latin1')
      for (;;) {
        const end = isData ? input.indexOf('\r\n.\r\n') : input.indexOf('\r\n')
        if (end === -1) return
        const line = input.slice(0, end)
        input = input.slice(end + (isData ? 5 : 2))
        if (isData) this.#take(socket)
        isData = isData ? false : this.#answer(socket, line)
      }
    })
  }

  /** Answers a command; true where a message follows. */
  #answer(socket: net.Socket, line: string): boolean {
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'MAIL') this.#open.set(socket, [])
    if (verb === 'RCPT') this.#open.get(socket)?.push(/<([^>]*)>/.exec(line)?.[1] ?? '')
    if (verb === 'EHLO') socket.write('250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n')
    else if (verb === 'QUIT') socket.end('221 2.0.0 bye\r\n')
    else socket.write(verb === 'DATA' ? '354 go on\r\n' : '250 2.0.0 ok\r\n')
    return verb === 'DATA'
  }

  #take(socket: net.Socket): void {
    for (const recipient of this.#open.get(socket) ?? [])
      this.taken.set(recipient, (this.taken.get(recipient) ?? 0) + 1)
    setTimeout(() => {
      this.#open.set(socket, [])
      socket.write('250 2.0.0 taken\r\n')
    }, slownessMs)
  }
}
