import type { LineReader } from './line-reader.ts'
import type { TlsContext } from './tls-context.ts'

/** One client's connection. Nothing here throws because of what the peer does. */
export interface Connection {
  /** Unique in this process; for logs. */
  readonly id: string
  /** The peer's address, IPv4-mapped IPv6 written as IPv4. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** Our end's address, written likewise. */
  readonly localAddress: string
  readonly localPort: number
  /** Both ends are loopback addresses. */
  readonly isLoopback: boolean
  /** TLS is on. */
  readonly secure: boolean
  /** The TLS protocol and cipher once `secure`, for logs and Received lines. */
  readonly tlsDetails: TlsDetails | undefined
  readonly reader: LineReader
  /** Octets waiting because the peer does not read. */
  readonly pendingBytes: number
  /**
   * Sends octets, which are copied. Small writes of one turn go out in one segment, and a piece of up
   * to 4 KiB is not torn. When more than the high-water mark is waiting, a promise comes back that
   * resolves when the peer has read enough, or when the connection is over: await it before making
   * more, and before using these octets for something else. Writing to a closed connection does
   * nothing.
   */
  write(octets: Buffer | string): Promise<void> | void
  /** Resolves when everything written so far has been handed to the system, or the end has come. */
  flush(): Promise<void>
  /**
   * Starts TLS as the server: writes `goAhead` (the reply to STARTTLS) and begins the handshake.
   * Everything that the peer sent in clear text behind its request is thrown away before
   * `goAhead` leaves (command injection, CVE-2011-0411). Resolves to whether TLS stands; when
   * not, the connection is closed.
   */
  startTls(context: TlsContext, goAhead: Buffer | string): Promise<boolean>
  /**
   * Compresses both directions from here on (RFC 4978): writes `goAhead` (the reply to COMPRESS) in clear, then
   * everything as raw DEFLATE, flushed whenever something is sent. Octets that came behind the request are
   * taken for compressed ones. Resolves to false where it was on already or the connection is over. After it
   * TLS can not be started any more.
   */
  startCompression(goAhead: Buffer | string): Promise<boolean>
  /** Sends what is waiting, then closes. The peer is given `graceMs` to take it (default 5 s). */
  end(graceMs?: number): void
  /** Closes at once. */
  destroy(): void
  /** Aborted when the connection is over, whatever ended it. */
  readonly closed: AbortSignal
}

/** What was negotiated. */
export interface TlsDetails {
  /** `TLSv1.3` */
  readonly protocol: string
  /** IANA name of the cipher suite. */
  readonly cipher: string
  /** Key size of the cipher in bits. */
  readonly bits: number
  /** Server name that the client asked for (SNI). */
  readonly serverName: string | undefined
}
