// oxlint-disable no-underscore-dangle -- smtp-server names the members that a subclass may use with an underscore.
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Log } from '@posthouse/telemetry'
import { CommandStream, type CommandLine } from './command-stream.ts'
import type { Answer } from './answer.ts'
import { Conversation } from './conversation.ts'
import type { DataReceiver } from './data-receiver.ts'
import { replies } from './replies.ts'
import { describeReply, reply, type Reply } from './reply.ts'
import { ReplyWriter } from './reply-writer.ts'
import { SessionClock } from './session-clock.ts'
import { ChunkReceiver } from './chunk-receiver.ts'
import { connections, sessions, upgrades } from './metrics.ts'
import type { House } from './server.ts'
import { liveSession } from './live-session.ts'
import type { Place } from './socket-places.ts'

/**
 * One connection: smtp-server's socket handling (pipe, back-pressure, half-close, STARTTLS with its
 * discarded input) around our conversation. Of smtp-server's verbs and parser none is left.
 */
export class Connection<User, Target> extends SMTPConnection {
  declare _server: House<User, Target>
  readonly #conversation: Conversation<User, Target>
  readonly #log: Log
  readonly #clock: SessionClock
  readonly #gone = new AbortController()
  #greeted = false
  #early: { line: CommandLine; next: () => void } | undefined
  #receiver: DataReceiver | ChunkReceiver | undefined
  #isWorking = true
  #farewell: Reply | undefined
  readonly #writer: ReplyWriter
  readonly #place: Place
  /** Time before the greeting. */
  #delayMs = 0
  #handshakeTimer: NodeJS.Timeout | undefined
  #isCounted = false
  /** The socket on top: to be destroyed instead of what it stands on, which would be torn away from under it. */
  #top: Socket | undefined

  constructor(
    server: House<User, Target>,
    socket: Socket | TLSSocket,
    options: SMTPConnectionOptions,
    { place, isProxied }: { readonly place: Place; readonly isProxied: boolean },
  ) {
    super(server, socket, options)
    const { settings } = server
    this.#place = place
    this.#writer = new ReplyWriter(settings.name)
    const session = liveSession<User>({
      id: this.id,
      addresses: [this.remoteAddress, this.localAddress],
      isProxied,
      isSecure: () => this.secure,
      socket: () => this._socket,
      closed: this.#gone.signal,
      end: (farewell) => this.end(farewell),
      cut: () => this.cut(),
    })
    this.#conversation = new Conversation(settings, session)
    this.#log = settings.log.child({ session: this.id })
    this.#clock = new SessionClock(settings.limits, () => this.#say(replies.timeout))
  }

  /** Greets at once, or after the delay; never looks the client's name up. */
  override init(): void {
    this._setListeners(() => {
      this.#countIn()
      this.#log.debug('smtp.connected', {
        remote: this.remoteAddress,
        local: this.localAddress,
        secure: this.secure,
      })
      const { greetingDelayMs = 0 } = this._server.settings
      this.#delayMs =
        typeof greetingDelayMs === 'number'
          ? greetingDelayMs
          : greetingDelayMs(this.#conversation.session)
      if (this.#delayMs === 0) void this.#greet()
      else setTimeout(() => void this.#greet(), this.#delayMs).unref()
    })
  }

  /** The service shuts down: say so now if it is the client's turn, else after the work at hand. */
  drain(): void {
    this.end(replies.shuttingDown)
  }

  /** Ends the session with these words, as `drain` does. */
  end(farewell: Reply): void {
    this.#farewell ??= farewell
    if (this._closed || this._closing) return
    if (this.#greeted && !this.#isWorking && this.#receiver === undefined) this.#say(farewell)
  }

  /** Cuts the connection. */
  cut(): void {
    const top = this.#top ?? this._socket
    top.destroy()
  }

  override close(): void {
    this.#clock.stop()
    super.close()
  }

  /** Reads lines as `CommandStream` does. Called by the constructor of the base class, too. */
  override _createParser(): CommandStream {
    const stream = new CommandStream(
      {
        onLine: (line, next) => this.#onLine(line, next),
        onDataEnd: (next) => void this.#onDataEnd(next),
        onEnd: () => this.#onEnd(),
      },
      this._server.settings.limits.authBytes,
    )
    stream.on('error', (error) => this._onError(error))
    return stream
  }

  /** All deadlines are `SessionClock`'s. STARTTLS shows us its socket here, before the handshake. */
  override _armTimeout(socket: Socket = this._socket): void {
    this.#top = socket
  }

  override _onError(error: Error & { code?: string | undefined }): void {
    this.#log.debug('smtp.connection.failed', { because: error.message, code: error.code })
    this.cut()
  }

  override _onClose(): void {
    this.#clock.stop()
    clearTimeout(this.#handshakeTimer)
    this.#receiver?.release()
    this.#receiver = undefined
    this.#conversation.endTransaction()
    if (!this._closed) this.#countOut()
    super._onClose()
    this.#gone.abort()
  }

  #countIn(): void {
    const { role } = this._server.settings
    this.#isCounted = true
    if (role !== undefined) sessions.change({ role }, 1)
  }

  #countOut(): void {
    this.#log.debug('smtp.closed')
    const { role, implicitTls } = this._server.settings
    if (role === undefined || !this.#isCounted) return
    sessions.change({ role }, -1)
    if (this._upgrading && !implicitTls) upgrades.add({ role, result: 'failed' })
    const tls = implicitTls ? 'implicit' : 'starttls'
    connections.add({ role, tls: this.secure ? tls : 'none' })
  }

  async #greet(): Promise<void> {
    if (this._closed || this._closing) return
    if (!(await this.#welcome())) return
    const early = this.#early
    this.#early = undefined
    if (early === undefined) this.#yourTurn(() => undefined)
    else void this.#handle(early.line, early.next)
  }

  /** The greeting, or the words instead of it; whether the client may go on. */
  async #welcome(): Promise<boolean> {
    const refusal = await this.#conversation.connect()
    if (this._closed || this._closing) return false
    this.#greeted = true
    this.#say(refusal ?? reply(220, undefined, `${this.name} ESMTP Posthouse`))
    if (refusal !== undefined) this.close()
    return refusal === undefined
  }

  /** XCLIENT: another client stands there now, with limits of its own. */
  async #greetAgain(next: () => void): Promise<void> {
    const { remoteAddress } = this.#conversation.session
    if (!this.#place.moveTo(remoteAddress)) this.#say(replies.tooManyConnections)
    else if (await this.#welcome()) this.#yourTurn(next)
  }

  #onLine(line: CommandLine, next: () => void): void {
    if (this._upgrading || this._closing) {
      next()
      return
    }
    if (this.#greeted) {
      void this.#handle(line, next)
      return
    }
    // Without a delay the greeting is on its way, and the line waits for it.
    if (this.#delayMs === 0) this.#early = { line, next }
    else {
      this.#say(replies.talkedTooSoon)
      this.close()
    }
  }

  async #handle(line: CommandLine, next: () => void): Promise<void> {
    this.#myTurn()
    const answer = await this.#conversation.onLine(line)
    this.#give(answer, next)
  }

  async #onDataEnd(next: () => void): Promise<void> {
    const receiver = this.#receiver
    if (receiver === undefined) return
    this.#myTurn()
    this.#receiver = undefined
    const answer =
      receiver instanceof ChunkReceiver
        ? await this.#conversation.onChunkEnd(receiver)
        : await this.#conversation.onDataEnd(receiver)
    this.#give(answer, next)
  }

  /** Writes an answer and does what follows it. */
  #give(answer: Answer, next: () => void): void {
    if (this._closed || this._closing) {
      next()
      return
    }
    if (answer.reply !== undefined) this.#say(answer.reply)
    switch (answer.step?.kind) {
      case 'close':
        this.close()
        next()
        break
      case 'tls':
        this.upgrade(next, () => this.#onTls())
        break
      case 'again':
        void this.#greetAgain(next)
        break
      case 'data':
      case 'chunk':
        this.#receive(answer.step.receiver)
        break
      default:
        if (this.#farewell !== undefined) this.#say(this.#farewell)
        this.#yourTurn(next)
    }
  }

  #receive(receiver: DataReceiver | ChunkReceiver): void {
    this.#receiver = receiver
    this.#isWorking = false
    this.#clock.awaitData(() => this.#receiver?.bytes ?? 0)
    if (this._parser !== false) (this._parser as CommandStream).beginData(receiver)
  }

  /** STARTTLS: the base class throws away what was pipelined; the handshake has a deadline. */
  override upgrade(callback: () => void, secureCallback?: () => void): void {
    this.#writer.flush()
    this.#clock.rest()
    const plain = this._socket
    super.upgrade(callback, () => {
      clearTimeout(this.#handshakeTimer)
      secureCallback?.()
    })
    this._server.watchClose(plain)
    // Who leaves in the middle of the handshake is not waited for.
    this.#top?.once('end', () => {
      if (this._upgrading) this.cut()
    })
    const { handshakeMs } = this._server.settings.limits
    this.#handshakeTimer = setTimeout(() => this.cut(), handshakeMs).unref()
  }

  #onTls(): void {
    this.#conversation.onTls()
    const { role } = this._server.settings
    if (role !== undefined) upgrades.add({ role, result: 'ok' })
    this.#log.debug('smtp.tls', { ...this.#conversation.session.tls })
    this.#yourTurn(() => undefined)
  }

  #myTurn(): void {
    this.#isWorking = true
    this.#clock.rest()
  }

  /** The next line may come, once the client has taken our replies. */
  #yourTurn(next: () => void): void {
    this.#isWorking = false
    this.#clock.awaitCommand()
    this._whenWritable(next)
  }

  /** The client has sent all it will send, and all of it was answered. */
  #onEnd(): void {
    if (!this._closed && !this._upgrading) this.close()
  }

  #say(answer: Reply): void {
    const socket = this._socket
    if (!this._upgrading && socket.writable) {
      this.#writer.write(socket, answer)
    }
    if (answer.code >= 400) this.#log.debug('smtp.reply', { reply: describeReply(answer) })
    if (answer.code === 421) this.close()
  }
}
