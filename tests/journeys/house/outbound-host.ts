import { once } from 'node:events'
import net from 'node:net'
import { createSecureContext, TLSSocket, type SecureContextOptions } from 'node:tls'

/** Steps of a conversation at which a host may say something else than yes. `text`: after the final dot. */
export type Step = 'greeting' | 'EHLO' | 'STARTTLS' | 'MAIL' | 'RCPT' | 'DATA' | 'text'

/** A reply without its CRLF, or what is done instead: the line is cut, nothing is ever said, or one octet after the other without an end. */
export type Answer = string | { readonly act: 'cut' | 'stall' | 'drip' }

/** What a host does; a step that is absent, or that answers undefined, goes well. */
export interface Manner {
  readonly on?: Partial<Record<Step, (line: string, count: number) => Answer | undefined>>
  /** EHLO keywords. Absent: PIPELINING, 8BITMIME, SMTPUTF8, DSN, ENHANCEDSTATUSCODES. */
  readonly keywords?: readonly string[]
  /** STARTTLS is offered with this certificate. */
  readonly tls?: SecureContextOptions
}

/** A message that was taken. */
export interface TakenMail {
  readonly sender: string
  readonly recipients: readonly string[]
  /** Lines MAIL and RCPT as they came. */
  readonly envelope: readonly string[]
  readonly octets: Buffer
  readonly isTls: boolean
}

/** A remote host that does exactly what a test tells it. */
export interface ScriptedHost {
  readonly taken: readonly TakenMail[]
  /** Every line that came, in all connections, in order. */
  readonly lines: readonly string[]
  /** How many connections there were. */
  readonly connections: number
  /** From now on, in all connections. */
  behave(manner: Manner): void
  stop(): Promise<void>
}

const usual = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES']

/** Starts one. */
export async function startHost(
  place: { readonly address: string; readonly port: number },
  manner: Manner = {},
): Promise<ScriptedHost> {
  const book: Book = { manner, taken: [], lines: [], counts: new Map() }
  const sockets = new Set<net.Socket>()
  let connections = 0
  const server = net.createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    new Conversation(socket, book).begin()
  })
  server.listen(place.port, place.address)
  await once(server, 'listening')
  return {
    taken: book.taken,
    lines: book.lines,
    get connections() {
      return connections
    },
    behave(next) {
      book.manner = next
    },
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

interface Book {
  manner: Manner
  readonly taken: TakenMail[]
  readonly lines: string[]
  /** How often each step came, over all connections. */
  readonly counts: Map<Step, number>
}

class Conversation {
  #socket: net.Socket
  readonly #book: Book
  #input = ''
  #isData = false
  #isTls = false
  #isDeaf = false
  #envelope: string[] = []
  #recipients: string[] = []

  constructor(socket: net.Socket, book: Book) {
    this.#socket = socket
    this.#book = book
  }

  begin(): void {
    this.#listen()
    this.#answer('greeting', '', '220 peer.test ESMTP')
  }

  #listen(): void {
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (octets: Buffer) => {
      this.#input += octets.toString('latin1')
      this.#read()
    })
  }

  #read(): void {
    while (!this.#isDeaf) {
      // An empty message is its final dot alone.
      const end = this.#isData
        ? `\r\n${this.#input}`.indexOf('\r\n.\r\n')
        : this.#input.indexOf('\r\n')
      if (end < 0) return
      const taken = this.#input.slice(0, end)
      this.#input = this.#input.slice(end + (this.#isData ? 3 : 2))
      if (this.#isData) this.#message(taken)
      else if (!this.#command(taken)) return
    }
  }

  /** @returns false when nothing more of what came is to be read */
  #command(line: string): boolean {
    this.#book.lines.push(line)
    const verb = line.split(' ', 1)[0]?.toUpperCase() ?? ''
    if (verb === 'EHLO') this.#answer('EHLO', line, this.#hello())
    else if (verb === 'STARTTLS') {
      if (this.#answer('STARTTLS', line, '220 go ahead')) this.#startTls()
      return false
    } else if (verb === 'MAIL') {
      this.#recipients = []
      if (this.#answer('MAIL', line, '250 2.1.0 ok')) this.#envelope = [line]
    } else if (verb === 'RCPT') {
      if (!this.#answer('RCPT', line, '250 2.1.5 ok')) return true
      this.#envelope.push(line)
      this.#recipients.push(pathOf(line))
    } else if (verb === 'DATA') {
      if (this.#recipients.length === 0) this.#say('554 5.5.1 no recipients')
      else this.#isData = this.#answer('DATA', line, '354 go on')
    } else if (verb === 'QUIT') this.#socket.end('221 2.0.0 bye\r\n')
    else this.#say('250 2.0.0 ok')
    return true
  }

  #message(text: string): void {
    this.#isData = false
    const octets = Buffer.from(text.replace(/^\./gm, ''), 'latin1')
    const sender = pathOf(this.#envelope[0] ?? '')
    const recipients = this.#recipients
    if (!this.#answer('text', sender, '250 2.0.0 taken')) return
    this.#book.taken.push({
      sender,
      recipients,
      envelope: this.#envelope,
      octets,
      isTls: this.#isTls,
    })
  }

  /** Says what the manner says at this step, else yes; @returns whether that was yes */
  #answer(step: Step, line: string, yes: string): boolean {
    const count = (this.#book.counts.get(step) ?? 0) + 1
    this.#book.counts.set(step, count)
    const answer = this.#book.manner.on?.[step]?.(line, count) ?? yes
    if (typeof answer === 'string') {
      this.#say(answer)
      return /^[23]/.test(answer)
    }
    if (answer.act === 'cut') this.#socket.destroy()
    else {
      this.#isDeaf = true
      if (answer.act === 'drip') this.#drip()
    }
    return false
  }

  #hello(): string {
    const { keywords = usual, tls } = this.#book.manner
    const offers = tls === undefined || this.#isTls ? keywords : [...keywords, 'STARTTLS']
    const lines = ['peer.test', ...offers]
    return lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n')
  }

  #startTls(): void {
    const plain = this.#socket
    plain.removeAllListeners('data')
    this.#input = ''
    this.#isTls = true
    const secureContext = createSecureContext(this.#book.manner.tls ?? {})
    this.#socket = new TLSSocket(plain, { isServer: true, secureContext })
    this.#listen()
  }

  #drip(): void {
    this.#socket.write('250-')
    const timer = setInterval(() => this.#socket.write('x'), 100)
    this.#socket.on('close', () => clearInterval(timer))
  }

  #say(line: string): void {
    if (this.#socket.writable) this.#socket.write(`${line}\r\n`, 'latin1')
  }
}

function pathOf(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
