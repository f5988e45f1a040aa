import type { Networks, TlsContext } from '@posthouse/line-server'
import type { Log } from '@posthouse/telemetry'
import type { ClientLedger } from './client-ledger.ts'
import type { Envelope } from './envelope.ts'
import type { SmtpLimits } from './limits.ts'
import type { MailCommand, RcptCommand } from './mail-command.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { Reply } from './reply.ts'
import type { SmtpSession } from './session.ts'

/** What a mechanism wants next, or what it learned. */
export type SaslStep =
  | { readonly kind: 'continue'; readonly challenge: Buffer }
  | ({ readonly kind: 'credentials' } & Credentials)
  | { readonly kind: 'malformed' }

/** One exchange of a SASL mechanism (RFC 4954 §4); packages/sasl has them. */
export interface SaslExchange {
  /** What to send where the client gave no initial response. */
  start(): SaslStep
  /** Takes a response of the client's, base64 undone. */
  step(response: Buffer): SaslStep
}

/** A mechanism that is offered. */
export interface SaslMechanism {
  /** In upper case: `PLAIN`. */
  readonly name: string
  begin(): SaslExchange
}

/** What a mechanism learned from the client. */
export interface Credentials {
  readonly authzid: string
  readonly login: string
  readonly password: string
}

/** Who it is, or the reply that says why not. */
export type Authenticated<User> =
  | { readonly ok: true; readonly user: User }
  | { readonly ok: false; readonly reply: Reply }

/** Where a recipient leads to, or the refusal. */
export type Routed<Target> =
  | { readonly ok: true; readonly target: Target }
  | {
      readonly ok: false
      readonly reply: Reply
      /** Whoever names it has it from us: it does not count among what he guessed. */
      readonly isNoGuess?: true
    }

/** AUTH as an app offers it. */
export interface AuthOptions<User> {
  readonly mechanisms: readonly SaslMechanism[]
  /** No MAIL without it (RFC 6409 §4.3). */
  readonly required: boolean
  /** Whether a password may be asked for on this connection: under TLS, or by the loopback rule. */
  isAllowed(connection: { readonly secure: boolean; readonly isLoopback: boolean }): boolean
  authenticate(
    credentials: Credentials,
    session: SmtpSession<User>,
    mechanism: string,
  ): Promise<Authenticated<User>>
}

/**
 * What an app decides. A handler that throws is answered for by `onError`; a handler's refusal is a
 * reply out of the table `replies`.
 */
export interface SmtpHandlers<User, Target> {
  /** Before the greeting: a reply refuses the connection. */
  onConnect?(session: SmtpSession<User>): Promise<Reply | undefined>
  /** MAIL: a reply refuses the sender. */
  onMail?(mail: MailCommand, session: SmtpSession<User>): Promise<Reply | undefined>
  onRcpt(
    rcpt: RcptCommand,
    envelope: Envelope<Target>,
    session: SmtpSession<User>,
  ): Promise<Routed<Target>>
  /** The whole message. The reply is what the client hears; a positive one means: it is stored. */
  onMessage(octets: Buffer, envelope: Envelope<Target>, session: SmtpSession<User>): Promise<Reply>
  /** The reply for what a handler threw; a temporary one. */
  onError(error: unknown, where: 'connect' | 'auth' | 'mail' | 'rcpt' | 'message'): Reply
}

/** For whom a server is there: mail from the world, or from our users. */
export type SmtpRole = 'mx' | 'submission'

/** An SMTP server's settings. */
export interface SmtpServerOptions<User, Target> {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** What its sessions are counted as; not at all without. */
  readonly role?: SmtpRole
  /** Our name: greeting, EHLO. */
  readonly name: string
  /** The certificate of the moment; asked again for each handshake, so that it can be changed. */
  readonly tls: TlsContext
  /** TLS from the first octet (RFC 8314 §3.3); else STARTTLS. */
  readonly implicitTls: boolean
  readonly auth?: AuthOptions<User>
  /** How long mail may be held before it goes, in seconds (FUTURERELEASE, RFC 4865 §3: for submission alone); not at all without. */
  readonly releaseSeconds?: number
  readonly limits?: Partial<SmtpLimits>
  /** Time to wait before the greeting; who talks within it is refused. A number, or one for each client. */
  readonly greetingDelayMs?: number | ((session: SmtpSession<User>) => number)
  /** Proxies: a connection from one begins with the PROXY header, always, and is its client's. */
  readonly proxyNetworks?: Networks
  /** Peers that may name another client with XCLIENT. */
  readonly xclientNetworks?: Networks
  /** What clients did lately, over all sessions, with their rates; none without. */
  readonly ledger?: ClientLedger
  readonly budget?: MemoryBudget
  readonly log: Log
  readonly handlers: SmtpHandlers<User, Target>
}

/** The settings of a conversation, complete. */
export type Settings<User, Target> = SmtpServerOptions<User, Target> & {
  readonly limits: SmtpLimits
  readonly budget: MemoryBudget
}

/** A port that is open. */
export interface SmtpListener {
  readonly host: string
  readonly port: number
  /** Sessions of the moment. */
  readonly connections: number
  /**
   * Stops accepting; idle sessions are told 421 at once, others after what they are at; what is left
   * after `drainMs` is cut. Resolves when nothing is open any more.
   */
  close(drainMs: number): Promise<void>
}
