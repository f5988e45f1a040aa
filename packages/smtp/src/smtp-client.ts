import type { ConnectFailure, OutboundMessage, SendResult } from './outcome.ts'

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

/** Deadlines in milliseconds, each of the whole step (RFC 5321 §4.5.3.2 gives the defaults). */
export interface ClientDeadlines {
  readonly connectMs: number
  readonly greetingMs: number
  readonly commandMs: number
  readonly dataBlockMs: number
  readonly dataEndMs: number
}

/** Where and how to connect. */
export interface SmtpClientOptions {
  /** The peer's name: for SNI, for the certificate, for the log. */
  readonly host: string
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
  readonly deadlines?: Partial<ClientDeadlines>
}

/** A session with a peer, ready for messages one after another. */
export interface SmtpClient {
  /** True until the connection is closed by either side. */
  readonly usable: boolean
  /** EHLO keywords in upper case with their parameters. */
  readonly extensions: ReadonlyMap<string, string>
  /** Most recipients the peer takes per message (LIMITS RCPTMAX, RFC 9422; else 100, RFC 5321 §4.5.3.1.8). */
  readonly maxRecipients: number
  /** What protects the session; absent in the clear. */
  readonly tls?: { readonly protocol: string; readonly cipher: string; readonly verified: boolean }
  /** Sends one message in one transaction; never rejects. Ends the connection when aborted. */
  send(message: OutboundMessage, signal?: AbortSignal): Promise<SendResult>
  /** QUIT, politely but not for long. */
  quit(): Promise<void>
  /** Ends the connection at once. */
  destroy(): void
}

/** A session, or why there is none. */
export type Connected =
  | { readonly ok: true; readonly client: SmtpClient }
  | { readonly ok: false; readonly failure: ConnectFailure }

/**
 * Opens a session: connect, greeting, EHLO (else HELO), STARTTLS by policy. With `opportunistic` a
 * failed handshake is tried again in the clear on a new connection.
 */
export async function connectSmtp(
  _options: SmtpClientOptions,
  _signal?: AbortSignal,
): Promise<Connected> {
  return await Promise.reject(new Error('not built yet'))
}
