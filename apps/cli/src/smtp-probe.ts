import { once } from 'node:events'
import net from 'node:net'
import { createInterface } from 'node:readline'
import tls from 'node:tls'
import { parseReply, type Reply } from '@posthouse/smtp'

/** One step of a probe as it went. */
export interface ProbeStep {
  readonly step: 'connect' | 'greeting' | 'EHLO' | 'STARTTLS' | 'TLS' | 'MAIL' | 'RCPT'
  readonly isGood: boolean
  /** What they said, or what we found. */
  readonly text: string
  readonly ms: number
}

/** Whom to ask what. */
export interface ProbeRequest {
  readonly host: string
  readonly address: string
  readonly port: number
  /** Our own name. */
  readonly helo: string
  readonly from: string
  readonly to: string
  /** Told of each step as it ends. */
  readonly hear: (step: ProbeStep) => void
}

/** What came of it: the reply that decides, or none when the host could not be talked to. */
export interface Probed {
  readonly reply: Reply | undefined
}

/** For one step, however much is said in it; a tarpit is not waited for. */
const STEP_MS = 30_000
/** Lines of one reply that are read. */
const MAX_LINES = 100
/** What a whole conversation may take: a line that never ends is not kept. */
const MAX_OCTETS = 256 * 1024

/** Talks to one address up to RCPT (RFC 5321 §3.3), with STARTTLS where it is offered, and sends no message. */
export async function probeHost(request: ProbeRequest): Promise<Probed> {
  const talk = new Talk(request)
  try {
    await talk.connect()
    let answer = await talk.reply('greeting')
    if (answer.code !== 220) return { reply: answer }
    answer = await talk.say('EHLO', `EHLO ${request.helo}`)
    if (answer.code >= 400) return { reply: answer }
    if (/^starttls$/im.test(answer.text) && (await talk.say('STARTTLS', 'STARTTLS')).code === 220) {
      await talk.secure()
      answer = await talk.say('EHLO', `EHLO ${request.helo}`)
    }
    const utf8 =
      /[^\0-\x7f]/.test(request.to) && /^smtputf8$/im.test(answer.text) ? ' SMTPUTF8' : ''
    answer = await talk.say('MAIL', `MAIL FROM:<${request.from}>${utf8}`)
    if (answer.code >= 400) return { reply: answer }
    return { reply: await talk.say('RCPT', `RCPT TO:<${request.to}>`) }
  } catch (error) {
    talk.failed(error)
    return { reply: undefined }
  } finally {
    talk.end()
  }
}

/** One conversation. Steps are timed and told of where they end. */
class Talk {
  readonly #request: ProbeRequest
  #socket: net.Socket
  #lines: AsyncIterator<string> | undefined
  #step: ProbeStep['step'] = 'connect'
  #since = performance.now()
  #deadline: NodeJS.Timeout | undefined
  #octets = 0
  /** Why we ended it. */
  #because: string | undefined

  constructor(request: ProbeRequest) {
    this.#request = request
    this.#socket = new net.Socket()
  }

  async connect(): Promise<void> {
    const { address: host, port } = this.#request
    this.#begin('connect')
    this.#listen(this.#socket)
    this.#socket.connect({ host, port })
    await once(this.#socket, 'connect')
    this.#hear(this.#socket)
    this.#told(true, `port ${port}`)
  }

  async say(step: ProbeStep['step'], line: string): Promise<Reply> {
    // oxlint-disable-next-line no-control-regex
    if (/[\0-\x1f\x7f]/.test(line)) throw new Error('a control character in an address')
    this.#begin(step)
    this.#socket.write(`${line}\r\n`)
    return await this.#read()
  }

  async reply(step: ProbeStep['step']): Promise<Reply> {
    this.#begin(step)
    return await this.#read()
  }

  /** Any certificate will do: what is wrong with it is told. */
  async secure(): Promise<void> {
    const { host } = this.#request
    this.#begin('TLS')
    const servername = net.isIP(host) === 0 && !host.startsWith('[') ? host : ''
    const secured = tls.connect({ socket: this.#socket, servername, rejectUnauthorized: false })
    this.#listen(secured)
    this.#socket = secured
    await once(secured, 'secureConnect')
    this.#hear(secured)
    const { authorized, authorizationError } = secured
    const wrong = authorized ? undefined : String(authorizationError)
    const words = wrong === undefined ? `certificate valid for ${host}` : `certificate: ${wrong}`
    this.#told(true, `${secured.getProtocol() ?? 'TLS'} ${secured.getCipher().name}, ${words}`)
  }

  failed(error: unknown): void {
    this.#told(false, this.#because ?? (error instanceof Error ? error.message : String(error)))
  }

  /** QUIT, without waiting for its answer. */
  end(): void {
    if (this.#socket.writable) this.#socket.end('QUIT\r\n')
    setTimeout(() => this.#socket.destroy(), 1_000).unref()
  }

  #listen(socket: net.Socket): void {
    // Told of where somebody waits for it.
    socket.on('error', () => undefined)
  }

  #hear(socket: net.Socket): void {
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    socket.on('data', (piece: Buffer) => {
      this.#octets += piece.length
      if (this.#octets > MAX_OCTETS) this.#giveUp('it says more than any server has to')
    })
  }

  #giveUp(because: string): void {
    this.#because ??= because
    this.#socket.destroy(new Error(because))
  }

  #begin(step: ProbeStep['step']): void {
    this.#step = step
    this.#since = performance.now()
    clearTimeout(this.#deadline)
    const seconds = STEP_MS / 1_000
    this.#deadline = setTimeout(() => this.#giveUp(`no answer in ${seconds} seconds`), STEP_MS)
  }

  #told(isGood: boolean, text: string): void {
    clearTimeout(this.#deadline)
    const ms = Math.round(performance.now() - this.#since)
    this.#request.hear({ step: this.#step, isGood, text, ms })
  }

  /** A reply may take several lines; the last one has a space after its code (RFC 5321 §4.2.1). */
  async #read(): Promise<Reply> {
    const lines: string[] = []
    while (lines.length < MAX_LINES) {
      const next = await this.#lines?.next()
      if (next === undefined || next.done === true) throw new Error('the connection was closed')
      lines.push(next.value.slice(0, 1_000))
      if (!/^\d{3}-/.test(next.value)) break
    }
    const answer = parseReply(lines.join('\n'))
    if (answer === undefined) throw new Error(`no reply of SMTP: ${lines[0] ?? ''}`)
    this.#told(answer.code < 400, lines.length > 1 ? `${lines[0] ?? ''} …` : (lines[0] ?? ''))
    return answer
  }
}
