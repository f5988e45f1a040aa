import net from 'node:net'
import { tokenIn } from './tokens.ts'

/** One time that a message was taken. */
export interface Taken {
  readonly token: string
  readonly recipient: string
  readonly at: number
  /** The line was cut before the 250 went out: to be sent again is right. */
  readonly isCut: boolean
}

/** A remote host that greylists, refuses, stalls and cuts the line after the final dot. */
export class FaultySink {
  readonly taken: Taken[] = []
  port = 0
  readonly #server = net.createServer((socket) => this.#serve(socket))
  readonly #sockets = new Set<net.Socket>()
  readonly #seen = new Set<string>()

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address !== null && typeof address !== 'string') this.port = address.port
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.write('220 sink.test ESMTP\r\n')
    const session = new SinkSession(this, socket, this.#seen)
    socket.on('data', (chunk: Buffer) => session.take(chunk))
  }
}

class SinkSession {
  readonly #sink: FaultySink
  readonly #socket: net.Socket
  /** Recipients that were seen before, for manners that show the first time only. */
  readonly #seen: Set<string>
  #rest = ''
  #recipients: string[] = []
  #inData = false
  /** Answers nothing any more. */
  #isStalled = false

  constructor(sink: FaultySink, socket: net.Socket, seen: Set<string>) {
    this.#sink = sink
    this.#socket = socket
    this.#seen = seen
  }

  take(chunk: Buffer): void {
    this.#rest += chunk.toString('latin1')
    while (!this.#isStalled) {
      const mark = this.#inData ? '\r\n.\r\n' : '\r\n'
      const end = this.#rest.indexOf(mark)
      if (end < 0) return
      const text = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + mark.length)
      if (this.#inData) this.#message(text)
      else this.#command(text)
    }
  }

  #command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'EHLO') return this.#say('250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME')
    if (verb === 'RCPT') return this.#recipient(/<([^>]*)>/.exec(line)?.[1] ?? '')
    if (verb === 'DATA') {
      if (this.#recipients.length === 0) return this.#say('554 5.5.1 no recipients')
      this.#inData = true
      return this.#say('354 go on')
    }
    if (verb === 'MAIL' || verb === 'RSET') this.#recipients = []
    if (verb === 'QUIT') return void this.#socket.end('221 2.0.0 bye\r\n')
    return this.#say('250 2.0.0 ok')
  }

  #recipient(address: string): void {
    const isFirst = !this.#seen.has(address)
    this.#seen.add(address)
    if (address.startsWith('no-')) return this.#say('550 5.1.1 nobody here')
    if (address.startsWith('grey-') && isFirst) return this.#say('451 4.7.1 try again')
    if (address.startsWith('stall-') && isFirst) {
      this.#isStalled = true
      setTimeout(() => this.#socket.destroy(), 3000)
      return
    }
    this.#recipients.push(address)
    this.#say('250 2.1.5 ok')
  }

  #message(text: string): void {
    this.#inData = false
    const token = tokenIn(text) ?? 'none'
    const cut = this.#recipients.find(
      (address) => address.startsWith('cut-') && !this.#seen.has(`cut ${address}`),
    )
    for (const recipient of this.#recipients) {
      this.#sink.taken.push({ token, recipient, at: Date.now(), isCut: cut !== undefined })
    }
    this.#recipients = []
    if (cut === undefined) return this.#say('250 2.0.0 taken')
    this.#seen.add(`cut ${cut}`)
    this.#socket.destroy()
  }

  #say(text: string): void {
    this.#socket.write(`${text}\r\n`)
  }
}
