import net from 'node:net'
import type { Dice } from './dice.ts'
import { SinkSession } from './sink-session.ts'

/** One time that a message was taken. */
export interface Taken {
  readonly token: string
  readonly recipient: string
  readonly at: number
  /** No 250 went out for it: to be sent again is right. */
  readonly isCut: boolean
}

/** Steps of a conversation at which a rude host may fail. */
const steps = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'text', 'dot'] as const

/** What it does there. `drip` slows all of its answers down. */
const faults = ['stall', 'reset', 'nonsense', 'drip'] as const

/** How a connection is treated. */
export interface Rudeness {
  readonly at: (typeof steps)[number]
  readonly fault: (typeof faults)[number]
}

/**
 * Two remote hosts. `sink.test` (127.0.0.1) greylists, refuses, stalls and cuts the line after the final dot, as the
 * recipient's name says. `rude.test` (127.0.0.2) stalls, resets, talks nonsense or drips at any step of every other
 * connection, until it is told to be polite.
 */
export class FaultySink {
  /** Zone text of the two. */
  static readonly zone = 'sink.test A 127.0.0.1\nrude.test A 127.0.0.2'

  readonly taken: Taken[] = []
  /** Of both. */
  port = 0
  isPolite = false
  readonly #dice: Dice
  readonly #servers: net.Server[] = []
  readonly #sockets = new Set<net.Socket>()
  readonly #seen = new Set<string>()

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** Opens both on one port. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.port = await this.#listen(0, '127.0.0.1', () => undefined)
        await this.#listen(this.port, '127.0.0.2', () => this.#rudeness())
        return
      } catch (error) {
        await this.stop()
        if (attempt === 10) throw error
      }
    }
  }

  /** Ends every conversation; the hosts are gone. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const closing = this.#servers.splice(0).map((server) => {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      return closed.promise
    })
    await Promise.all(closing)
  }

  async #listen(port: number, host: string, manner: () => Rudeness | undefined): Promise<number> {
    const server = net.createServer((socket) => this.#serve(socket, manner()))
    const opened = Promise.withResolvers<void>()
    server.once('error', opened.reject)
    server.listen(port, host, opened.resolve)
    await opened.promise
    this.#servers.push(server)
    const address = server.address()
    return address !== null && typeof address !== 'string' ? address.port : 0
  }

  #rudeness(): Rudeness | undefined {
    if (this.isPolite || this.#dice.below(2) === 0) return undefined
    return { at: this.#dice.pick(steps), fault: this.#dice.pick(faults) }
  }

  #serve(socket: net.Socket, rudeness: Rudeness | undefined): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    const session = new SinkSession(socket, this.#seen, (taken) => this.taken.push(taken), rudeness)
    session.greet()
    socket.on('data', (chunk: Buffer) => session.take(chunk))
  }
}
