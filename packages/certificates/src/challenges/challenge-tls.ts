import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { TlsContext } from '@posthouse/line-server'
import { challengeCertificate } from '@posthouse/local-ca'
import type { AcmeChallenge, Certificates } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { answerDigest } from '../acme/jws.ts'
import { acmeProtocol } from './look-from-here.ts'

/** What an HTTPS server needs to answer by tls-alpn-01. */
export interface ChallengeTls {
  /** Instead of `ALPNProtocols` and `SNICallback` of its own: our certificates by name, and challenges. */
  readonly options: {
    readonly SNICallback: (
      serverName: string,
      done: (error: Error | null, context?: SecureContext) => void,
    ) => void
    readonly ALPNCallback: (offer: {
      /** Node gives false where the client names no server, whatever its types say. */
      readonly servername: string | false
      readonly protocols: readonly string[]
    }) => string | undefined
  }
  close(): void
}

const appProtocol = 'http/1.1'
/** Wake-ups may be lost. */
const refreshMs = 30_000

/**
 * Answers an authority's questions by TLS in a web server. Whoever comes with `acme-tls/1` gets the certificate of the challenge
 * (RFC 8737 §3), for names that are being proved only; everybody else gets ours and never sees it.
 */
export function challengeTls(
  certificates: Pick<Certificates, 'challenges' | 'onChallenge'>,
  tls: TlsContext,
  log: Log,
): ChallengeTls {
  let contexts = new Map<string, () => SecureContext>()
  const look = async (): Promise<void> => {
    try {
      contexts = contextsOf(await certificates.challenges())
    } catch (error) {
      log.warn('acme.challenges.unavailable', { because: String(error) })
    }
  }
  const stop = certificates.onChallenge(() => void look())
  const timer = setInterval(() => void look(), refreshMs)
  timer.unref()
  /** In TLS 1.3 the protocol is chosen before the certificate, in TLS 1.2 after it. */
  const asked = new WeakMap<object, SecureContext>()
  return {
    options: {
      SNICallback(this: unknown, serverName, done) {
        const challenge = typeof this === 'object' && this !== null ? asked.get(this) : undefined
        done(null, challenge ?? tls.current(serverName))
      },
      ALPNCallback(this: unknown, { servername, protocols }) {
        if (!protocols.includes(acmeProtocol))
          return protocols.includes(appProtocol) ? appProtocol : undefined
        const context = contexts.get(servername === false ? '' : servername.toLowerCase())?.()
        if (context === undefined) return undefined
        const socket = this as TLSSocket
        asked.set(socket, context)
        socket.setKeyCert(context)
        return acmeProtocol
      },
    },
    close() {
      stop()
      clearInterval(timer)
    },
  }
}

/** Made when they are asked for: a key pair each. */
function contextsOf(challenges: readonly AcmeChallenge[]): Map<string, () => SecureContext> {
  const contexts = new Map<string, () => SecureContext>()
  // The newest comes first, and counts.
  for (const { kind, name, answer } of challenges.toReversed()) {
    if (kind !== 'tls-alpn-01') continue
    let made: SecureContext | undefined
    contexts.set(name, () => {
      made ??= createSecureContext({
        ...challengeCertificate(name, answerDigest(answer)),
        minVersion: 'TLSv1.2',
      })
      return made
    })
  }
  return contexts
}
