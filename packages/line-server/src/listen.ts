import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '@posthouse/telemetry'
import { ClientConnection } from './client-connection.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { ListenError } from './listen-error.ts'
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
  /** From one address, for IPv6 from one /64. Loopback is only bound by `maxConnections`. */
  readonly maxConnectionsPerAddress: number
  /**
   * Asks others, for limits that hold over several processes, after this one's own: undefined is a refusal, a function gives
   * the place back.
   */
  readonly admit?: (address: string) => Promise<(() => void) | undefined>
  /** Count loopback addresses like others (tests). */
  readonly countLoopback?: boolean
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

const defaultWriteStallMs = 5 * 60_000

/** A connection that is refused may take so long to read why. */
const refusalMs = 2_000

/** More refused connections than this at once are closed without a word. */
const maxRefusals = 100

/** Tells a dead peer from a silent one, when the network has lost it. */
const keepAliveMs = 120_000

const idPrefix = randomBytes(3).toString('hex')
let lastId = 0

/**
 * Opens a port.
 *
 * @throws ListenError when that cannot be.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    pauseOnConnect: true,
  })
  const house = new House(options)
  server.on('connection', (socket) => house.welcome(socket))
  await open(server, options)
  logErrors(server, options.log)
  return listenerOf(server, house, options)
}

function open(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error.code ?? error.message))
    server.once('error', fail)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

/**
 * When the process has no file descriptor left, accepting fails for each new connection and the
 * listener stands. Once a second is enough to say so.
 */
function logErrors(server: Server, log: Log): void {
  let loggedAt = 0
  server.on('error', (error) => {
    if (Date.now() - loggedAt < 1000) return
    loggedAt = Date.now()
    log.error('listener.error', { error })
  })
}

function listenerOf(server: Server, house: House, { host, port }: ListenOptions): Listener {
  const address = server.address()
  const stopAccepting = () => {
    if (server.listening) server.close()
  }
  return {
    host,
    port: typeof address === 'object' && address !== null ? address.port : port,
    connections: house.connections,
    stopAccepting,
    async close(drainMs) {
      stopAccepting()
      await house.empty(drainMs)
    },
  }
}

/** The connections of one listener. */
class House {
  readonly connections = new Set<ClientConnection>()
  readonly #options: ListenOptions
  readonly #limits: ConnectionLimits
  readonly #refused = new Set<Socket>()
  readonly #sweep: NodeJS.Timeout
  #whenEmpty: (() => void)[] = []

  constructor(options: ListenOptions) {
    this.#options = options
    this.#limits = new ConnectionLimits(
      options.maxConnections,
      options.maxConnectionsPerAddress,
      options.countLoopback ?? false,
    )
    const stallMs = options.writeStallMs ?? defaultWriteStallMs
    this.#sweep = setInterval(() => this.#cutStalled(stallMs), Math.min(stallMs / 4, 15_000))
    this.#sweep.unref()
  }

  welcome(socket: Socket): void {
    const leave = this.#limits.enter(socket.remoteAddress ?? '')
    if (leave === undefined) return this.#refuse(socket)
    const id = `${idPrefix}${(++lastId).toString(36)}`
    const log = this.#options.log.child({ connection: id })
    const connection = new ClientConnection(socket, id, log)
    this.connections.add(connection)
    connection.closed.addEventListener('abort', () => {
      leave()
      this.connections.delete(connection)
      if (this.connections.size === 0) for (const done of this.#whenEmpty.splice(0)) done()
    })
    void this.#serve(connection, log)
  }

  /** Waits for all to go, for `drainMs` at most; then closes what is left. */
  async empty(drainMs: number): Promise<void> {
    const cut = setTimeout(() => this.#cutAll(), drainMs)
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve)
      if (drainMs <= 0) this.#cutAll()
      if (this.connections.size === 0) resolve()
    })
    clearTimeout(cut)
    clearInterval(this.#sweep)
    for (const socket of this.#refused) socket.destroy()
  }

  async #serve(connection: ClientConnection, log: Log): Promise<void> {
    try {
      const { tls, onConnection } = this.#options
      if (!(await this.#isAdmitted(connection))) return this.#turnAway(connection)
      if (tls === undefined) connection.open()
      else if (!(await connection.secureNow(tls))) return
      await onConnection(connection)
      connection.end()
    } catch (error) {
      log.error('connection.failed', { error })
      connection.destroy()
    }
  }

  async #isAdmitted(connection: ClientConnection): Promise<boolean> {
    const { admit } = this.#options
    if (admit === undefined) return true
    const give = await admit(connection.remoteAddress)
    if (give === undefined) return false
    if (connection.closed.aborted) give()
    else connection.closed.addEventListener('abort', give, { once: true })
    return true
  }

  /** Not by this process's own limits, but by everybody's. */
  #turnAway(connection: ClientConnection): void {
    this.#logRefusal(connection.remoteAddress)
    const { busyLine, tls } = this.#options
    if (busyLine === undefined || tls !== undefined) return connection.destroy()
    connection.open()
    void connection.write(Buffer.from(busyLine))
    connection.end()
  }

  #logRefusal(address: string | undefined): void {
    this.#options.log.warn('connection.refused', { address, because: 'limit' })
  }

  #refuse(socket: Socket): void {
    const { busyLine, tls } = this.#options
    this.#logRefusal(socket.remoteAddress)
    if (busyLine === undefined || tls !== undefined || this.#refused.size >= maxRefusals) {
      socket.destroy()
      return
    }
    this.#refused.add(socket)
    const cut = setTimeout(() => socket.destroy(), refusalMs)
    socket.once('close', () => {
      clearTimeout(cut)
      this.#refused.delete(socket)
    })
    socket.on('error', () => socket.destroy())
    socket.resume()
    socket.end(busyLine)
  }

  #cutStalled(stallMs: number): void {
    const now = Date.now()
    for (const connection of this.connections) {
      if (!connection.hasStalled(now, stallMs)) continue
      this.#options.log.info('connection.stalled', { connection: connection.id })
      connection.destroy()
    }
  }

  #cutAll(): void {
    for (const connection of this.connections) connection.destroy()
  }
}
