import type { Log } from '@posthouse/telemetry'
import type { Connection } from './connection.ts'
import type { TlsContext } from './tls-context.ts'

/** A listener's settings. */
export interface ListenOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Given: TLS from the first octet. */
  readonly tls?: TlsContext
  /** One session. It should not throw; if it does, the error is logged and the connection closed. */
  readonly onConnection: (connection: Connection) => void | Promise<void>
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** Sent in clear text to a connection that is over a limit before it is closed; not under TLS. */
  readonly busyLine?: string
  /** A session whose client reads nothing for so long, while octets wait for it, is closed. Default 5 minutes. */
  readonly writeStallMs?: number
  readonly log: Log
}

/** A port that is open. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** Sessions of the moment. */
  readonly connections: ReadonlySet<Connection>
  /** Stops accepting at once. Sessions go on. */
  stopAccepting(): void
  /**
   * Stops accepting, waits up to `drainMs` for sessions to end by themselves (the app tells them),
   * then closes what is left. Resolves when nothing is open any more.
   */
  close(drainMs: number): Promise<void>
}

/** Opens a port. */
export function listen(_options: ListenOptions): Promise<Listener> {
  return Promise.reject(new Error('not here yet'))
}
