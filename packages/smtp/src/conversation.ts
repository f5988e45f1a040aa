import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandLine, LineFault } from './command-stream.ts'
import { ChunkedMessage, ChunkReceiver } from './chunk-receiver.ts'
import type { DataReceiver } from './data-receiver.ts'
import type { AcceptedRecipient, OpenEnvelope } from './envelope.ts'
import { countHops } from './hops.ts'
import type { SmtpLimits } from './limits.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { DataFault, Received } from './message-receiver.ts'
import { replies } from './replies.ts'
import { reply as replyOf, type Reply } from './reply.ts'
import type { SaslExchange, SmtpServerOptions } from './server-options.ts'
import type { SmtpSession } from './session.ts'
import { continueAuth } from './verbs/auth.ts'
import { verbs } from './verbs/index.ts'

/** What follows a reply. */
export type Step =
  | { readonly kind: 'close' }
  | { readonly kind: 'tls' }
  | { readonly kind: 'data'; readonly receiver: DataReceiver }

/** What a verb comes to: a reply, and perhaps what happens when it is written. */
export interface Reaction {
  readonly reply: Reply
  readonly step?: Step
}

/** What happens without a reply before it: a chunk is read, or the greeting is said to another client. */
export interface Unanswered {
  readonly reply?: undefined
  readonly step:
    | { readonly kind: 'chunk'; readonly receiver: ChunkReceiver }
    | { readonly kind: 'again' }
}

/** Either. */
export type Answer = Reaction | Unanswered

/** A session as the conversation sees and changes it. */
export interface LiveSession<User> extends SmtpSession<User> {
  remoteAddress: string
  localAddress: string
  isLoopback: boolean
  helo: string | undefined
  isExtended: boolean
  user: User | undefined
}

/** A message on its way in, all of whose octets have come. */
interface Message {
  finish(): Promise<Received>
  release(): void
}

/** The settings of a conversation, complete. */
export type Settings<User, Target> = SmtpServerOptions<User, Target> & {
  readonly limits: SmtpLimits
  readonly budget: MemoryBudget
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
  exchange: SaslExchange | undefined
  authFailures = 0
  #chunked: ChunkedMessage | undefined
  #errors = 0
  #refusals = 0
  #recipients = 0

  constructor(settings: Settings<User, Target>, session: LiveSession<User>) {
    this.settings = settings
    this.session = session
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
    const { ledger, limits } = this.settings
    const { remoteAddress } = this.session
    if (ledger?.connects(remoteAddress) === false) return replies.tooManyConnections
    const refused = ledger?.refusalsOf(remoteAddress) ?? 0
    if (refused >= limits.refusals) return replies.tooManyRefusals
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

  /** A whole message has come. */
  async #take(message: Message): Promise<Answer> {
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

  /** A refused recipient: from the n-th on the refusal is held back, then the session ends. */
  async refuseRecipient(reply: Reply): Promise<Answer> {
    const { limits, ledger } = this.settings
    const { closed, remoteAddress } = this.session
    this.#refusals += 1
    const refusals = Math.max(this.#refusals, ledger?.refuses(remoteAddress) ?? 0)
    if (refusals >= limits.refusals) return goodbye(replies.tooManyRefusals)
    const steps = Math.ceil(refusals - limits.freeRefusals)
    if (steps > 0) {
      const delayMs = Math.min(steps * limits.refusalDelayMs, limits.maxRefusalDelayMs)
      await sleep(delayMs, undefined, { signal: closed }).catch(() => undefined)
    }
    return { reply }
  }

  /** Before MAIL is looked at by the app: the reply where the client has had its share. */
  refuseMessage(sender: string): Reply | undefined {
    const { ledger, limits } = this.settings
    const { isLoopback, remoteAddress } = this.session
    if (!isLoopback && this.#recipients >= limits.recipientsPerConnection) {
      return replies.tooManyOnConnection
    }
    const spent = ledger?.sends(remoteAddress, sender) ?? 'ok'
    if (spent === 'ok') return undefined
    return spent === 'client' ? replies.tooManyMessages : replies.tooManyFromSender
  }

  /** A recipient is taken. */
  acceptRecipient(recipient: AcceptedRecipient<Target>): Reply {
    this.#recipients += 1
    this.envelope?.add(recipient)
    return replies.recipientOk
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

/** A reply after which the connection is closed. */
export function goodbye(words: Reply): Reaction {
  return { reply: words, step: { kind: 'close' } }
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
