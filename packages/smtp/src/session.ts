import type { Reply } from './reply.ts'

/** Protection of a session. */
export interface TlsState {
  /** `TLSv1.3` */
  readonly protocol: string
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string
}

/** What an app may know of a session. */
export interface SmtpSession<User> {
  readonly id: string
  /** The client's: what a trusted proxy says it is, else the peer's own. */
  readonly remoteAddress: string
  /** Who is connected, or what the PROXY header says; XCLIENT does not change it. */
  readonly peerAddress: string
  readonly localAddress: string
  /** Both ends are loopback addresses, and no proxy is between them. */
  readonly isLoopback: boolean
  readonly secure: boolean
  readonly tls: TlsState | undefined
  /** What the client called itself; undefined before EHLO or HELO. */
  readonly helo: string | undefined
  /** EHLO, not HELO. */
  readonly isExtended: boolean
  readonly user: User | undefined
  /** Aborted when the connection is gone. */
  readonly closed: AbortSignal
  /** Ends the session with this 421: now if it is the client's turn, else after the work at hand. */
  end(farewell: Reply): void
  /** Ends it at once, whatever is on its way. */
  cut(): void
}

/** A session as the conversation sees and changes it. */
export interface LiveSession<User> extends SmtpSession<User> {
  remoteAddress: string
  localAddress: string
  isLoopback: boolean
  helo: string | undefined
  isExtended: boolean
  user: User | undefined
}
