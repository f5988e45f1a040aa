// oxlint-disable no-underscore-dangle -- nodemailer names the members that a subclass may use with an underscore.
import NodemailerConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** A recipient that the peer refused: nodemailer's error with the reply in it. */
export interface RefusedRecipient {
  readonly recipient?: string
  readonly response?: string
}

/** What nodemailer knows of the transaction under way. */
interface Transaction {
  readonly rejectedErrors?: readonly RefusedRecipient[]
}

/** The parameters of one transaction, in the words of the wire. */
export interface WireParameters {
  /** Behind `MAIL FROM:<…>` and what nodemailer puts there itself. */
  readonly mail: string
  /** Behind `RCPT TO:<address>`, by address. */
  readonly rcpt: ReadonlyMap<string, string>
}

type Callback = (error: Error | null, response?: string) => void

const noParameters: WireParameters = { mail: '', rcpt: new Map() }

/**
 * nodemailer's connection with what it lacks: parameters per recipient, SMTPUTF8 for a header,
 * 354 and nothing else as the go-ahead, and word of every step, for deadlines and for the question
 * whether the final dot was sent. Pin nodemailer exactly: the names with an underscore are its own.
 */
export class ClientLink extends NodemailerConnection {
  declare _envelope: Transaction | false
  declare _ehloLines: readonly string[] | undefined
  declare _recipientQueue: readonly string[]
  declare _responseQueue: readonly string[]
  parameters: WireParameters = noParameters
  /** The greeting was read, and a welcome. */
  isGreeted = false
  /** STARTTLS was sent: until the handshake is over, an end of the connection is its failure. */
  isStartTlsSent = false
  /** All of the message, the final dot included, is on its way. */
  isDotSent = false
  /** The message is small: it and its final dot are one write. */
  isWhole = false
  /** Called at each sign of progress: a whole reply, a piece of the message taken. */
  onProgress: (step: 'reply' | 'data' | 'dot') => void = () => undefined

  constructor(options: SMTPConnectionOptions) {
    super(options)
    // An error without a listener ends the process; who waits hears of it by callback.
    this.on('error', () => undefined)
  }

  /** Recipients refused in the transaction under way or just ended. */
  get refused(): readonly RefusedRecipient[] {
    return this._envelope === false ? [] : (this._envelope.rejectedErrors ?? [])
  }

  /** TCP stands, and TLS where it is implicit. */
  get isConnected(): boolean {
    return this.stage === 'connected'
  }

  /** EHLO keywords in upper case with their parameters (RFC 5321 §4.1.1.1). */
  get extensions(): ReadonlyMap<string, string> {
    const lines = this._ehloLines ?? []
    return new Map(
      lines.map((line) => {
        const [keyword = '', ...parameters] = line.split(/\s+/)
        return [keyword.toUpperCase(), parameters.join(' ')]
      }),
    )
  }

  get socket(): Socket | undefined {
    return this._socket === false || this._socket === null ? undefined : this._socket
  }

  /** Ends the connection at once. */
  cut(): void {
    this.close()
    this.socket?.destroy()
  }

  _actionGreeting(line: string): void {
    this.isGreeted = line.startsWith('220')
    callBase(this, '_actionGreeting', line)
  }

  _processResponse(): unknown {
    // Asked after each reply whether there is another.
    if (this._responseQueue.length > 0) this.onProgress('reply')
    return callBase(this, '_processResponse')
  }

  _sendCommand(line: string, logLine?: string): void {
    const isMail = line.startsWith('MAIL FROM:')
    if (line === 'STARTTLS') this.isStartTlsSent = true
    callBase(this, '_sendCommand', isMail ? line + this.parameters.mail : line, logLine)
  }

  /** nodemailer asks this for each RCPT, right after it has queued the recipient. */
  _getDsnRcptToArgs(): string {
    return this.parameters.rcpt.get(this._recipientQueue.at(-1) ?? '') ?? ''
  }

  /** QUIRK of nodemailer: 2yz would do. What is not 354 leaves the two sides out of step. */
  _actionDATA(line: string, callback: Callback): void {
    if (line.startsWith('2')) {
      this.cut()
      callback(new Error(`DATA was answered with ${line.slice(0, 200)}`))
      return
    }
    callBase(this, '_actionDATA', line, callback)
  }

  _createSendStream(callback: Callback): Readable {
    const stream = callBase(this, '_createSendStream', callback) as Readable
    const { socket } = this
    if (this.isWhole) {
      socket?.cork()
      // A socket that holds all it may asks for a pause, and a corked one would never end it.
      stream.once('pause', () => socket?.uncork())
    }
    stream.on('data', () => this.onProgress('data'))
    stream.once('end', () => {
      this.isDotSent = true
      if (this.isWhole) socket?.uncork()
      this.onProgress('dot')
    })
    return stream
  }
}

/** Calls a method of nodemailer's that its types do not show. */
function callBase(link: ClientLink, name: string, ...args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(NodemailerConnection.prototype, name)
  if (typeof method !== 'function') throw new Error(`nodemailer has no ${name} any more`)
  return Reflect.apply(method, link, [...args])
}
