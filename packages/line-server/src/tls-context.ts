import type { SecureContext } from 'node:tls'

/** Certificate and key of the moment; a new connection asks again, so that they can be swapped. */
export interface TlsContext {
  /** The context for handshakes that begin now. */
  current(): SecureContext
}
