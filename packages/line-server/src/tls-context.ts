import type { SecureContext } from 'node:tls'

/** Certificate and key of the moment; a new connection asks again, so that they can be swapped. */
export interface TlsContext {
  /**
   * The context for a handshake that begins now. `serverName` is what the client asked for (SNI, RFC 6066 §3), as it came;
   * absent: nothing. There is one for every name: a name that is not known gets that of the server itself.
   */
  current(serverName?: string): SecureContext
}
