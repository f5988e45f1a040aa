// oxlint-disable no-underscore-dangle -- smtp-server names the members that a subclass may use with an underscore.
import { SMTPServer } from 'smtp-server'
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import { randomBytes } from 'node:crypto'
import type { ServerOpts, Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import type { TlsContext } from '@posthouse/line-server'
import { Connection } from './connection.ts'
import { defaultLimits } from './limits.ts'
import { processBudget } from './memory-budget.ts'
import { takeProxyHeader } from './proxy-reader.ts'
import { replies } from './replies.ts'
import { formatReply, reply } from './reply.ts'
import type { Settings, SmtpServerOptions } from './server-options.ts'
import { SocketPlaces, type Place } from './socket-places.ts'

/** smtp-server looks contexts up by server name, `*` for none; ours are those of the moment. */
class CurrentContext extends Map<string, SecureContext> {
  readonly #tls: TlsContext

  constructor(tls: TlsContext) {
    super()
    this.#tls = tls
  }

  override get(serverName: string): SecureContext {
    return this.#tls.current(serverName === '*' ? undefined : serverName)
  }
}

/** A connection before it has a session. */
interface Arrival {
  readonly place: Place
  /** It comes through a proxy, and is not counted to the proxy's address. */
  readonly isProxied: boolean
}

/** smtp-server, with our connections, our contexts and limits per address. */
export class House<User, Target> extends SMTPServer {
  readonly settings: Settings<User, Target>
  readonly #places: SocketPlaces
  readonly #arrivals = new WeakMap<Socket, Arrival>()
  /** By session id: the socket that a session is on may be another one, over TLS. */
  readonly #arrived = new Map<string, Arrival>()

  constructor(options: SmtpServerOptions<User, Target>) {
    const socketOptions: ServerOpts = { allowHalfOpen: true, noDelay: true }
    super({
      // A client that half-closes after its last command still gets its replies.
      ...socketOptions,
      name: options.name,
      secure: options.implicitTls,
      logger: false,
      disableReverseLookup: true,
      socketTimeout: options.limits?.handshakeMs ?? defaultLimits.handshakeMs,
    })
    this.settings = {
      ...options,
      limits: { ...defaultLimits, ...options.limits },
      budget: options.budget ?? processBudget,
    }
    this.#places = new SocketPlaces(this.settings.limits)
    this.secureContext = new CurrentContext(options.tls)
    this.on('error', (error) => options.log.debug('smtp.server.error', { because: String(error) }))
  }

  /** The certificate comes from `CurrentContext`; smtp-server's own must never be made. */
  override updateSecureContext(): void {
    this.secureContext = new Map()
  }

  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    const id = options?.id ?? ''
    const arrival = this.#arrived.get(id)
    this.#arrived.delete(id)
    if (arrival === undefined) {
      socket.destroy()
      return
    }
    const connection = new Connection<User, Target>(this, socket, options ?? {}, arrival)
    this.connections.add(connection)
    connection.init()
  }

  /** Counts every socket from accept to close, and turns away what is over a limit. */
  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    // A socket that is not handed on yet has no other listener, and an error without one ends the process.
    socket.on('error', () => undefined)
    const place = this.#places.enter()
    const isProxied = this._expectsProxyHeader(socket)
    // Whose connection a proxy's is will turn out.
    if (place === undefined || !(isProxied || place.moveTo(socket.remoteAddress ?? ''))) {
      place?.leave()
      this.#turnAway(socket, handshake)
      return false
    }
    this.#arrivals.set(socket, { place, isProxied })
    this.watchClose(socket)
    if (handshake) this.#boundHandshake(socket)
    return super._acceptSocket(socket, handshake)
  }

  override _expectsProxyHeader(socket: Socket): boolean {
    return this.settings.proxyNetworks?.has(socket.remoteAddress ?? '') ?? false
  }

  /** Proxies say first for whom they speak; from then on the connection is that client's. */
  override _handleProxy(
    socket: Socket,
    callback: (error: Error | null, options?: SMTPConnectionOptions & { id: string }) => void,
  ): void {
    const arrival = this.#arrivals.get(socket)
    if (arrival === undefined) return
    const id = randomBytes(10).toString('hex')
    socket.once('close', () => this.#arrived.delete(id))
    if (!arrival.isProxied) {
      this.#arrived.set(id, arrival)
      setImmediate(() => callback(null, { id }))
      return
    }
    void this.#readProxyHeader(socket, arrival).then((client) => {
      if (client === undefined) {
        callback(new Error('no client behind the proxy'))
        return
      }
      this.#arrived.set(id, arrival)
      callback(null, { ...client, id })
    })
  }

  /** Who is behind the proxy; undefined: nobody, and the socket is gone. */
  async #readProxyHeader(
    socket: Socket,
    { place }: Arrival,
  ): Promise<SMTPConnectionOptions | undefined> {
    const { limits, log, implicitTls } = this.settings
    const proxy = socket.remoteAddress ?? ''
    const read = await takeProxyHeader(socket, limits.proxyHeaderMs)
    if (!read.ok) {
      log.warn('smtp.proxy.refused', { proxy, because: read.because })
      socket.destroy()
      return undefined
    }
    const { source, destination } = read.proxied
    if (!place.moveTo(source?.address ?? proxy)) {
      this.#turnAway(socket, implicitTls, source?.address)
      return undefined
    }
    return {
      ...(source && { remoteAddress: source.address, remotePort: source.port }),
      ...(destination && { localAddress: destination.address, localPort: destination.port }),
    }
  }

  #turnAway(socket: Socket, isTls: boolean, client = socket.remoteAddress ?? ''): void {
    const { log, name } = this.settings
    log.info('smtp.connection.refused', { remote: client, connections: this.open })
    if (!isTls) {
      const { code, enhanced, text } = replies.tooManyConnections
      socket.write(formatReply(reply(code, enhanced, `${name} ${text}`)))
    }
    socket.destroySoon()
  }

  /** smtp-server times silence alone; a handshake that trickles along ends here. */
  #boundHandshake(socket: Socket): void {
    const timer = setTimeout(
      () => this._pendingSockets.get(socket)?.destroy(),
      this.settings.limits.handshakeMs,
    ).unref()
    socket.once('close', () => clearTimeout(timer))
  }

  /** Counts a socket out when it closes. smtp-server strips the listeners of one that goes over to TLS: call it again then. */
  watchClose(socket: Socket): void {
    const arrival = this.#arrivals.get(socket)
    if (arrival !== undefined) socket.once('close', () => arrival.place.leave())
  }

  /** Sockets that are open. */
  get open(): number {
    return this.#places.total
  }

  /** Tells every session to end. */
  drain(): void {
    for (const connection of this.#live()) connection.drain()
  }

  /** Cuts every session, also those in a handshake. */
  cut(): void {
    for (const connection of this.#live()) connection.cut()
    for (const top of this._pendingSockets.values()) top.destroy()
  }

  *#live(): Generator<Connection<User, Target>> {
    // A connection that is told to end leaves the set at once.
    for (const connection of Array.from(this.connections)) {
      if (connection instanceof Connection) yield connection
    }
  }
}
