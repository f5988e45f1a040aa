// oxlint-disable no-underscore-dangle -- smtp-server names the members that a subclass may use with an underscore.
import { SMTPServer } from 'smtp-server'
import { once } from 'node:events'
import type { ServerOpts, Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { addressGroup, isLoopbackAddress, ListenError } from '@posthouse/line-server'
import { Connection } from './connection.ts'
import type { Settings } from './conversation.ts'
import { defaultLimits } from './limits.ts'
import { processBudget } from './memory-budget.ts'
import { replies } from './replies.ts'
import { formatReply, reply } from './reply.ts'
import type { SmtpListener, SmtpServerOptions } from './server-options.ts'

/** smtp-server looks contexts up by server name; ours is the one of the moment, for every name. */
class CurrentContext extends Map<string, SecureContext> {
  readonly #current: () => SecureContext

  constructor(current: () => SecureContext) {
    super()
    this.#current = current
  }

  override get(): SecureContext {
    return this.#current()
  }
}

/** smtp-server, with our connections, our contexts and limits per address. */
export class House<User, Target> extends SMTPServer {
  readonly settings: Settings<User, Target>
  readonly #perAddress = new Map<string, number>()
  readonly #leaving = new WeakMap<Socket, () => void>()
  #sockets = 0

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
    this.secureContext = new CurrentContext(() => options.tls.current())
    this.on('error', (error) => options.log.debug('smtp.server.error', { because: String(error) }))
  }

  /** The certificate comes from `CurrentContext`; smtp-server's own must never be made. */
  override updateSecureContext(): void {
    this.secureContext = new Map()
  }

  override connect(socket: Socket | TLSSocket): void {
    const connection = new Connection<User, Target>(this, socket)
    this.connections.add(connection)
    connection.init()
  }

  /** Counts every socket from accept to close, and turns away what is over a limit. */
  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    // A socket that is not handed on yet has no other listener, and an error without one ends the process.
    socket.on('error', () => undefined)
    const { limits, log } = this.settings
    const remote = socket.remoteAddress ?? ''
    const group = isLoopbackAddress(remote) ? undefined : addressGroup(remote)
    const ofAddress = group === undefined ? 0 : (this.#perAddress.get(group) ?? 0)
    if (this.#sockets >= limits.connections || ofAddress >= limits.connectionsPerAddress) {
      log.info('smtp.connection.refused', { remote, connections: this.#sockets, ofAddress })
      if (!handshake) {
        const { code, enhanced, text } = replies.tooManyConnections
        socket.write(formatReply(reply(code, enhanced, `${this.settings.name} ${text}`)))
      }
      socket.destroySoon()
      return false
    }
    this.#count(group, 1)
    this.#leaving.set(socket, () => this.#count(group, -1))
    this.watchClose(socket)
    if (handshake) this.#boundHandshake(socket)
    return super._acceptSocket(socket, handshake)
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
    const leave = this.#leaving.get(socket)
    if (leave !== undefined) socket.once('close', leave)
  }

  /** Sockets that are open. */
  get open(): number {
    return this.#sockets
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

  #count(group: string | undefined, by: number): void {
    this.#sockets += by
    if (group === undefined) return
    const count = (this.#perAddress.get(group) ?? 0) + by
    if (count === 0) this.#perAddress.delete(group)
    else this.#perAddress.set(group, count)
  }
}

/**
 * Opens an SMTP port.
 *
 * @throws ListenError where it cannot be opened.
 */
export async function createSmtpServer<User, Target>(
  options: SmtpServerOptions<User, Target>,
): Promise<SmtpListener> {
  const house = new House(options)
  const { server } = house
  const closed = once(server, 'close')
  const port = await listen(house, options)
  return {
    host: options.host,
    port,
    get connections() {
      return house.open
    },
    async close(drainMs) {
      server.close()
      house.drain()
      const timer = setTimeout(() => house.cut(), drainMs)
      for (const top of house._pendingSockets.values()) top.destroy()
      await closed
      clearTimeout(timer)
    },
  }
}

async function listen<User, Target>(
  house: House<User, Target>,
  { host, port }: SmtpServerOptions<User, Target>,
): Promise<number> {
  const failed = Promise.withResolvers<never>()
  const onError = (error: NodeJS.ErrnoException) =>
    failed.reject(new ListenError(host, port, error.code ?? error.message))
  house.server.once('error', onError)
  house.server.listen({ host, port, backlog: 1024 })
  await Promise.race([once(house.server, 'listening'), failed.promise])
  house.server.off('error', onError)
  const address = house.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
