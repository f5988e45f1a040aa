import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { isLoopbackAddress } from '@posthouse/line-server'
import type { Reply } from './reply.ts'
import type { LiveSession, TlsState } from './session.ts'

/** What a session sees of its connection. */
export interface SessionGround {
  readonly id: string
  /** The client's and ours, or what a proxy says of them. */
  readonly addresses: readonly [remote: string, local: string]
  readonly isProxied: boolean
  isSecure(): boolean
  /** The socket of the moment: STARTTLS changes it. */
  socket(): Socket | TLSSocket
  readonly closed: AbortSignal
  end(farewell: Reply): void
  cut(): void
}

/** A session of which nothing is known yet but where it comes from. */
export function liveSession<User>(ground: SessionGround): LiveSession<User> {
  const [remoteAddress, localAddress] = ground.addresses
  return {
    id: ground.id,
    remoteAddress,
    peerAddress: remoteAddress,
    localAddress,
    isLoopback: !ground.isProxied && ground.addresses.every(isLoopbackAddress),
    get secure() {
      return ground.isSecure()
    },
    get tls() {
      return tlsState(ground.socket())
    },
    helo: undefined,
    isExtended: false,
    user: undefined,
    closed: ground.closed,
    end: (farewell) => ground.end(farewell),
    cut: () => ground.cut(),
  }
}

function tlsState(socket: Socket | TLSSocket): TlsState | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  return { protocol: socket.getProtocol() ?? 'TLS', cipher: socket.getCipher().standardName }
}
