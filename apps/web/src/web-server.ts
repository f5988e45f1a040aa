import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Services } from '@posthouse/app'
import type { ChallengeTls } from '@posthouse/certificates'
import { ConnectionLimits, ListenError } from '@posthouse/line-server'
import { limits } from './limits.ts'

/** A web listener at work. */
export interface WebListener {
  readonly port: number
  /** Stops accepting; requests under way end, what is left after `drainMs` is cut. */
  close(drainMs: number): Promise<void>
}

/** Where and how to listen. */
export interface WebListenOptions {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly services: Pick<Services, 'config' | 'tls' | 'log'>
  readonly onRequest: RequestListener
  /** Chooses certificates by name, and answers a certificate authority. */
  readonly challenges: ChallengeTls
}

const serverOptions = {
  maxHeaderSize: limits.headerBytes,
  headersTimeout: limits.headerMs,
  requestTimeout: limits.requestMs,
  keepAliveTimeout: limits.idleMs,
  connectionsCheckingInterval: 1000,
}

/**
 * Opens a port of HTTP, or of HTTPS with the certificate of the moment.
 * @throws ListenError
 */
export async function openWebListener(options: WebListenOptions): Promise<WebListener> {
  const { host, port, isTls, services, onRequest } = options
  const { server, forget } = isTls ? httpsServer(options) : httpServer(onRequest)
  server.maxHeadersCount = limits.headerFields
  server.maxRequestsPerSocket = limits.requestsPerConnection
  server.setTimeout(limits.silentMs, (socket) => socket.destroy())
  limitConnections(server, services)
  await listening(server, host, port)
  server.on('error', (error) => services.log.error('listener.error', { error }))
  return {
    port: (server.address() as AddressInfo).port,
    async close(drainMs) {
      forget()
      await closed(server, drainMs)
    },
  }
}

interface Made {
  readonly server: Server
  readonly forget: () => void
}

function httpServer(onRequest: RequestListener): Made {
  return { server: createHttpServer(serverOptions, onRequest), forget: () => undefined }
}

function httpsServer({ services: { tls }, onRequest, challenges }: WebListenOptions): Made {
  const server = createHttpsServer(
    {
      ...serverOptions,
      ...tls.material(),
      minVersion: 'TLSv1.2',
      honorCipherOrder: true,
      handshakeTimeout: limits.handshakeMs,
      ...challenges.options,
    },
    onRequest,
  )
  // For clients that name no server.
  const forget = tls.onChange(() =>
    server.setSecureContext({ ...tls.material(), minVersion: 'TLSv1.2' }),
  )
  server.on('secureConnection', (socket) => socket.disableRenegotiation())
  return { server, forget }
}

/** As many connections as the configuration lets every listener have, and from one address no more than a browser needs. */
function limitConnections(server: Server, { config, log }: WebListenOptions['services']): void {
  const { connections, connectionsPerAddress } = config.limits
  const places = new ConnectionLimits(
    connections,
    Math.min(connectionsPerAddress, limits.connectionsPerAddress),
    false,
  )
  server.prependListener('connection', (socket: Socket) => {
    const leave = places.enter(socket.remoteAddress ?? '')
    if (leave !== undefined) return void socket.once('close', leave)
    log.warn('connection.refused', { address: socket.remoteAddress, because: 'limit' })
    socket.destroy()
  })
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(new ListenError(host, port, error.code ?? error.message))
    server.once('error', fail)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

async function closed(server: Server, drainMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), drainMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    if (drainMs <= 0) server.closeAllConnections()
  })
  clearTimeout(cut)
}
