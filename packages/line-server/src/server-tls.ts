import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { TlsDetails } from './connection.ts'
import type { TlsContext } from './tls-context.ts'

/** A handshake takes two round trips; a peer that takes longer than this is not going to. */
const handshakeMs = 30_000

/**
 * The server's side of a TLS handshake over a socket that nobody reads any more. Resolves to the
 * TLS socket, or to undefined when the handshake failed and both are destroyed.
 */
export function acceptTls(
  socket: Socket,
  context: TlsContext,
): Promise<{ readonly tls: TLSSocket | undefined; readonly because: string }> {
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext: context.current(),
    requestCert: false,
    SNICallback: (serverName, done) => done(null, context.current(serverName)),
  })
  return new Promise((resolve) => {
    let because = 'closed'
    const fail = (reason: string) => {
      because = reason
      tls.destroy()
      socket.destroy()
    }
    const timer = setTimeout(() => fail('handshake deadline'), handshakeMs)
    socket.once('close', () => tls.destroy())
    tls.on('error', (error) => {
      if (!tls.destroyed) fail(error.message)
      else because = error.message
    })
    tls.once('secure', () => {
      clearTimeout(timer)
      // A client's renegotiation in TLS 1.2 costs us a handshake for a few octets (CVE-2011-1473).
      tls.disableRenegotiation()
      resolve({ tls, because: '' })
    })
    tls.once('close', () => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ tls: undefined, because })
    })
  })
}

/** What was negotiated. */
export function tlsDetailsOf(socket: TLSSocket): TlsDetails {
  const { standardName } = socket.getCipher()
  const serverName: unknown = Reflect.get(socket, 'servername')
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher: standardName,
    bits: /_(AES_128|ARIA_128|CAMELLIA_128)/.test(standardName) ? 128 : 256,
    serverName: typeof serverName === 'string' ? serverName : undefined,
  }
}
