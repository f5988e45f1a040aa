import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandLine, LineFault } from './command-stream.ts'
import { DataReceiver, type DataFault } from './data-receiver.ts'
import { OpenEnvelope } from './envelope.ts'
import { countHops } from './hops.ts'
import type { SmtpLimits } from './limits.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { replies } from './replies.ts'
import type { Reply } from './reply.ts'
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
export interface Answer {
  readonly reply: Reply
  readonly step?: Step
}

/** A session as the conversation sees and changes it. */
export interface LiveSession<User> extends SmtpSession<User> {
  helo: string | undefined
  isExtended: boolean
  user: User | undefined
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
  #errors = 0
  #refusals = 0

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

  /** Before the greeting: the reply that refuses the connection, if it is refused. */
  async connect(): Promise<Reply | undefined> {
    try {
      return await this.settings.handlers.onConnect?.(this.session)
    } catch (error) {
      const reply = this.failed(error, 'connect')
      return { ...reply, code: 421 }
    }
  }

  /** One line; the answer to it. */
  async onLine(line: CommandLine): Promise<Answer> {
    const answer = await this.#answer(line)
    if (mistakes.has(answer.reply.code)) this.#errors += 1
    if (this.#errors >= this.settings.limits.errors) return goodbye(replies.tooManyErrors)
    return answer.reply.code === 421 ? goodbye(answer.reply) : answer
  }

  /** The final dot was seen. */
  async onDataEnd(receiver: DataReceiver): Promise<Answer> {
    const { envelope } = this
    this.envelope = undefined
    try {
      const received = await receiver.finish()
      if (!received.ok) return { reply: dataFaults[received.fault] }
      if (countHops(received.octets) > this.settings.limits.hops) return { reply: replies.loop }
      if (envelope === undefined) return { reply: replies.internalError }
      const reply = await this.settings.handlers.onMessage(received.octets, envelope, this.session)
      if (reply.code < 400) this.#errors = 0
      return reply.code === 421 ? goodbye(reply) : { reply }
    } catch (error) {
      return { reply: this.failed(error, 'message') }
    } finally {
      receiver.release()
    }
  }

  /** After a TLS handshake nothing is known of the client any more (RFC 3207 §4.2). */
  onTls(): void {
    this.envelope = undefined
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
    const { freeRefusals, refusalDelayMs, refusals } = this.settings.limits
    this.#refusals += 1
    if (this.#refusals >= refusals) return goodbye(replies.tooManyRefusals)
    if (this.#refusals > freeRefusals) {
      await sleep(refusalDelayMs, undefined, { signal: this.session.closed }).catch(() => undefined)
    }
    return { reply }
  }

  #answer(line: CommandLine): Promise<Answer> | Answer {
    if (this.exchange !== undefined) return continueAuth(this, this.exchange, line)
    if (line.kind === 'fault') return { reply: lineFaults[line.fault] }
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
export function goodbye(reply: Reply): Answer {
  return { reply, step: { kind: 'close' } }
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
