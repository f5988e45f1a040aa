import { goodbye, type Answer } from './answer.ts'
import type { CommandLine, LineFault } from './command-stream.ts'
import { ChunkedMessage, type ChunkReceiver } from './chunk-receiver.ts'
import { ClientShare } from './client-share.ts'
import type { OpenEnvelope } from './envelope.ts'
import { countHops } from './hops.ts'
import type { DataFault, Received } from './message-receiver.ts'
import { messages } from './metrics.ts'
import { replies } from './replies.ts'
import { reply as replyOf, type Reply } from './reply.ts'
import type { Settings } from './server-options.ts'
import type { LiveSession } from './session.ts'
import { continueAuth, type OpenExchange } from './verbs/auth.ts'
import { verbs } from './verbs/index.ts'

/** A message on its way in, all of whose octets have come. */
interface Message {
  finish(): Promise<Received>
  release(): void
}

/** Replies that say the client made a mistake of protocol; they count towards the end of the session. */
const mistakes: ReadonlySet<number> = new Set([500, 501, 502, 503, 504, 555])

const lineFaults: Readonly<Record<LineFault, Reply>> = {
  'too-long': replies.lineTooLong,
  'bare-lf': replies.bareLineFeed,
  'bad-octets': replies.badOctets,
  lost: replies.badChunkSize,
}

const dataFaults: Readonly<Record<DataFault, Reply>> = {
  'bare-cr': replies.badLineEnds,
  'bare-lf': replies.badLineEnds,
  nul: replies.badLineEnds,
  'too-large': replies.tooLarge,
  'no-memory': replies.noMemory,
}

/** Verbs of web browsers: a page that makes one talk to us must not get past its first line. */
const HTTP = /^(?:GET|POST|PUT|HEAD|OPTIONS|DELETE|CONNECT|TRACE|PATCH) .*HTTP\/\d/i

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The protocol of one session, apart from its socket: lines in, answers out. One line at a time; the
 * caller waits for the answer before it hands over the next.
 */
export class Conversation<User, Target> {
  readonly settings: Settings<User, Target>
  readonly session: LiveSession<User>
  envelope: OpenEnvelope<Target> | undefined
  exchange: OpenExchange | undefined
  authFailures = 0
  #chunked: ChunkedMessage | undefined
  /** What its client has had. */
  share: ClientShare
  #errors = 0

  constructor(settings: Settings<User, Target>, session: LiveSession<User>) {
    this.settings = settings
    this.session = session
    this.share = new ClientShare(settings, session)
  }

  /** Whether AUTH is offered now. */
  get mayAuthenticate(): boolean {
    return this.settings.auth?.isAllowed(this.session) ?? false
  }

  /** STARTTLS is offered now. */
  get mayStartTls(): boolean {
    return !this.session.secure && !this.settings.implicitTls
  }

  /** XCLIENT is offered: to peers that are named in the settings, whomever they speak for. */
  get mayNameClient(): boolean {
    return this.settings.xclientNetworks?.has(this.session.peerAddress) ?? false
  }

  /** The message that comes in chunks; begun with the first one. */
  chunkedMessage(): ChunkedMessage {
    const { budget, limits } = this.settings
    this.#chunked ??= new ChunkedMessage(
      budget,
      limits.messageBytes,
      this.envelope?.mail.declaredBytes,
    )
    return this.#chunked
  }

  /** A chunk of the transaction has come: DATA and RCPT are out of order now (RFC 3030 §2). */
  get isChunked(): boolean {
    return this.#chunked !== undefined
  }

  /** Forgets the transaction, and what has come of its message. */
  endTransaction(): void {
    this.envelope = undefined
    this.#chunked?.release()
    this.#chunked = undefined
  }

  /** Before the greeting: the reply that refuses the connection, if it is refused. */
  async connect(): Promise<Reply | undefined> {
    this.share = new ClientShare(this.settings, this.session)
    const spent = this.share.refuseConnection()
    if (spent !== undefined) return spent
    try {
      return await this.settings.handlers.onConnect?.(this.session)
    } catch (error) {
      const reply = this.failed(error, 'connect')
      return { ...reply, code: 421 }
    }
  }

  /** One line; the answer to it. */
  async onLine(line: CommandLine): Promise<Answer> {
    return this.#counted(await this.#answer(line))
  }

  /** The final dot was seen. */
  onDataEnd(receiver: Message): Promise<Answer> {
    return this.#take(receiver)
  }

  /** All octets of a chunk have come. One that is refused ends the transaction (RFC 3030 §2). */
  async onChunkEnd({ size, isLast, target }: ChunkReceiver): Promise<Answer> {
    if (target.kind === 'refused') return this.#counted({ reply: target.reply })
    const { fault } = target.message
    if (fault !== undefined) {
      this.endTransaction()
      return { reply: dataFaults[fault] }
    }
    if (!isLast) return { reply: replyOf(250, '2.0.0', `${size} octets taken`) }
    this.#chunked = undefined
    return await this.#take(target.message)
  }

  /** A whole message has come: its answer, counted. */
  async #take(message: Message): Promise<Answer> {
    const answer = await this.#answerTo(message)
    const { role } = this.settings
    const { code = 250 } = answer.reply ?? {}
    const refusal = code < 500 ? 'deferred' : 'refused'
    if (role !== undefined) messages.add({ role, result: code < 400 ? 'stored' : refusal })
    return answer
  }

  async #answerTo(message: Message): Promise<Answer> {
    const { envelope } = this
    this.envelope = undefined
    const { handlers, limits, name } = this.settings
    try {
      const received = await message.finish()
      if (!received.ok) return { reply: dataFaults[received.fault] }
      const hops = countHops(received.octets, name)
      if (hops.all > limits.hops || hops.own > limits.ownHops) return { reply: replies.loop }
      if (envelope === undefined) return { reply: replies.internalError }
      const answer = await handlers.onMessage(received.octets, envelope, this.session)
      if (answer.code < 400) this.#errors = 0
      return answer.code === 421 ? goodbye(answer) : { reply: answer }
    } catch (error) {
      return { reply: this.failed(error, 'message') }
    } finally {
      message.release()
    }
  }

  #counted(answer: Answer): Answer {
    if (answer.reply === undefined) return answer
    if (mistakes.has(answer.reply.code)) this.#errors += 1
    if (this.#errors >= this.settings.limits.errors) return goodbye(replies.tooManyErrors)
    return answer.reply.code === 421 ? goodbye(answer.reply) : answer
  }

  /** After a TLS handshake nothing is known of the client any more (RFC 3207 §4.2). */
  onTls(): void {
    this.beginAnew()
  }

  /** As if the client had only now connected. */
  beginAnew(): void {
    this.endTransaction()
    this.exchange = undefined
    this.session.helo = undefined
    this.session.isExtended = false
    this.session.user = undefined
  }

  /** What a handler threw, as a reply. */
  failed(error: unknown, where: 'connect' | 'auth' | 'mail' | 'rcpt' | 'message'): Reply {
    return this.settings.handlers.onError(error, where)
  }

  /** A refused recipient: held back, or the last word. */
  async refuseRecipient(reply: Reply): Promise<Answer> {
    const goodbyeReply = await this.share.refuseRecipient()
    return goodbyeReply === undefined ? { reply } : goodbye(goodbyeReply)
  }

  #answer(line: CommandLine): Promise<Answer> | Answer {
    if (this.exchange !== undefined) return continueAuth(this, this.exchange, line)
    if (line.kind === 'fault') {
      const fault = lineFaults[line.fault]
      return line.fault === 'lost' ? goodbye(fault) : { reply: fault }
    }
    const { octets } = line
    const isAuth = octets.subarray(0, 5).toString('latin1').toUpperCase() === 'AUTH '
    if (!isAuth && octets.length + 2 > this.settings.limits.commandBytes) {
      return { reply: replies.lineTooLong }
    }
    const text = decode(octets)
    if (text === undefined) return { reply: replies.badOctets }
    return this.#run(text)
  }

  #run(text: string): Promise<Answer> | Answer {
    if (HTTP.test(text)) return goodbye(replies.notHttp)
    const space = text.search(/[ \t]/)
    const name = (space < 0 ? text : text.slice(0, space)).toUpperCase()
    // Trailing white space is tolerated (RFC 5321 §4.1.1).
    const argument = space < 0 ? '' : text.slice(space + 1).trimEnd()
    const verb = verbs.get(name)
    if (verb === undefined) return { reply: replies.unknownCommand }
    if (verb.argument === 'none' && argument !== '') return { reply: replies.badArguments }
    if (verb.needsHello && this.session.helo === undefined) return { reply: replies.helloFirst }
    return verb.run(this, argument)
  }
}

/** UTF-8 without controls (RFC 6531 §3.3), or nothing. */
function decode(octets: Buffer): string | undefined {
  try {
    const text = utf8.decode(octets)
    // oxlint-disable-next-line no-control-regex
    return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
