import { connectLink } from './client-connect.ts'
import { signIn } from './client-login.ts'
import type { TlsPeer } from './client-peer.ts'
import type { ConnectFailure, OutboundMessage, SendResult } from './outcome.ts'
import { NodemailerClient } from './nodemailer-client.ts'

/** How a session with a peer is protected. */
export type TlsPolicy =
  /** Never. */
  | 'none'
  /** STARTTLS where the peer offers it, any certificate; in the clear otherwise (RFC 7435). */
  | 'opportunistic'
  /** TLS, any certificate. */
  | 'required'
  /** TLS with a certificate that is valid for `host`. */
  | 'verified'

/** Deadlines in milliseconds, each of the whole step, however slowly its octets trickle. */
export interface ClientDeadlines {
  /** TCP, and TLS where it is implicit. */
  readonly connectMs: number
  /** From the connection to the whole greeting. */
  readonly greetingMs: number
  /** From a command, or the reply before it, to the whole reply. */
  readonly commandMs: number
  /** Between two pieces of the message that the peer takes. */
  readonly dataBlockMs: number
  /** From the final dot to the whole reply. */
  readonly dataEndMs: number
}

/** RFC 5321 §4.5.3.2; the connection's is the usual one of TCP stacks. */
export const defaultDeadlines: ClientDeadlines = {
  connectMs: 30_000,
  greetingMs: 5 * 60_000,
  commandMs: 5 * 60_000,
  dataBlockMs: 3 * 60_000,
  dataEndMs: 10 * 60_000,
}

/** What we sign in with. */
export interface ClientCredentials {
  readonly user: string
  readonly password: string
}

/** Where and how to connect. */
export interface SmtpClientOptions {
  /** The peer's name: for SNI, for the certificate, for the log. */
  readonly host: string
  /** Another name for SNI (RFC 7672 §8.1: the TLSA base domain). */
  readonly serverName?: string
  /** The address to connect to; `host` is looked up when absent. */
  readonly address?: string
  readonly port: number
  /** Our own name, for EHLO. */
  readonly name: string
  /** Local address to connect from. */
  readonly localAddress?: string
  readonly tls: TlsPolicy
  /** TLS from the first octet. */
  readonly implicitTls?: boolean
  /** Certificates to trust instead of the system's (`verified`). */
  readonly ca?: string | Buffer
  /** Signs in before it is ready. Never in the clear: choose `required` or `verified`, else it fails where there is no TLS. */
  readonly credentials?: ClientCredentials
  readonly deadlines?: Partial<ClientDeadlines>
}

/** A session with a peer, ready for messages one after another. */
export interface SmtpClient {
  /** True until the connection is closed by either side. */
  readonly usable: boolean
  /** EHLO keywords in upper case with their parameters; empty after HELO. */
  readonly extensions: ReadonlyMap<string, string>
  /** Most recipients the peer takes per message (LIMITS RCPTMAX, RFC 9422; else 100, RFC 5321 §4.5.3.1.8). */
  readonly maxRecipients: number
  /** What protects the session; undefined in the clear. */
  readonly tls: TlsPeer | undefined
  /** Milliseconds since the peer said something, or took a piece of the message under way. */
  readonly stalledMs: number
  /** All of the message under way was sent: it may have arrived. */
  readonly isDotSent: boolean
  /** Our own address. */
  readonly localAddress: string | undefined
  /**
   * Sends one message in one transaction; never rejects. One at a time. When aborted the connection
   * ends, and what was not answered is deferred, or unknown after the final dot.
   */
  send(message: OutboundMessage, signal?: AbortSignal): Promise<SendResult>
  /** QUIT, politely but not for long. */
  quit(): Promise<void>
  /** Ends the connection at once. */
  destroy(): void
}

/** A session, or why there is none. */
export type Connected =
  /** `fallback`: TLS was tried first, and why it failed (`opportunistic`). */
  | { readonly ok: true; readonly client: SmtpClient; readonly fallback?: string }
  | { readonly ok: false; readonly failure: ConnectFailure }

/**
 * Opens a session: connect, greeting, EHLO (else HELO), STARTTLS by policy. With `opportunistic` a
 * failed handshake is tried again in the clear on a new connection. Then AUTH, where there are credentials. Never rejects.
 */
export async function connectSmtp(
  options: SmtpClientOptions,
  signal?: AbortSignal,
): Promise<Connected> {
  const deadlines = { ...defaultDeadlines, ...options.deadlines }
  let linked = await connectLink(options, deadlines, signal)
  let fallback: { readonly fallback?: string } = {}
  if (!linked.ok && linked.failure.stage === 'tls' && options.tls === 'opportunistic') {
    fallback = { fallback: linked.failure.because }
    linked = await connectLink({ ...options, tls: 'none', implicitTls: false }, deadlines, signal)
  }
  if (!linked.ok) return linked
  const client = new NodemailerClient(linked.link, options.host, deadlines)
  if (options.credentials === undefined) return { ok: true, client, ...fallback }
  const failure =
    client.tls === undefined
      ? ({ stage: 'auth', because: 'no password is sent in the clear' } as const)
      : await signIn(linked.link, options.credentials, deadlines.commandMs, signal)
  if (failure === undefined) return { ok: true, client, ...fallback }
  client.destroy()
  return { ok: false, failure }
}
