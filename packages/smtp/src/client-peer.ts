import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** What protects a session, and who the peer says it is. */
export interface TlsPeer {
  readonly protocol: string
  readonly cipher: string
  /** The certificate leads to a trusted authority, and is valid for the host. */
  readonly verified: boolean
  /** Why it leads to no trusted authority, as a code of OpenSSL's (`CERT_HAS_EXPIRED`); names do not matter for it. */
  readonly distrust: string | undefined
  /** The peer's certificate, its issuer's, and so on, as far as they were sent; to be asked while the connection stands. */
  chain(): readonly X509Certificate[]
}

/** More than any chain has; what goes in circles ends, too. */
const longestChain = 10

/** What is known of the peer after the handshake. */
export function peerOf(socket: TLSSocket, host: string): TlsPeer {
  // Names were not looked at by the handshake (or it would have failed): what is wrong here is the chain.
  const error: unknown = socket.authorizationError
  const code = typeof error === 'string' ? error : 'not authorized'
  const distrust = socket.authorized ? undefined : code
  // Most sessions are asked for no proof: certificates are read when somebody wants to see them.
  let known: readonly X509Certificate[] | undefined
  const chain = () => (known ??= chainOf(socket))
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher: socket.getCipher().standardName,
    get verified() {
      const [leaf] = chain()
      return distrust === undefined && leaf !== undefined && isFor(leaf, host)
    },
    distrust,
    chain,
  }
}

/**
 * Whether a certificate is for a host: by its subjectAltName alone, where a `*` stands for one whole label (RFC 6125 §6.4.3,
 * RFC 8461 §4.1; RFC 7672 §3.2.3).
 */
export function isFor(certificate: X509Certificate, host: string): boolean {
  // A relay may be named by its address (RFC 5280 §4.2.1.6, iPAddress).
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined
  const name = certificate.checkHost(host, {
    subject: 'never',
    partialWildcards: false,
    multiLabelWildcards: false,
    singleLabelSubdomains: false,
  })
  return name !== undefined
}

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (one?.raw !== undefined && chain.length < longestChain) {
    chain.push(new X509Certificate(one.raw))
    const { issuerCertificate: issuer }: DetailedPeerCertificate = one
    // A root is its own issuer.
    one = issuer?.raw === undefined || issuer.raw.equals(one.raw) ? undefined : issuer
  }
  return chain
}
