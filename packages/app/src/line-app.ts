import { addressGroup, isLoopbackAddress, listen, type Connection } from '@posthouse/line-server'
import type { Config, PortName } from '@posthouse/config'
import type { Gauge, NoLabels } from '@posthouse/telemetry'
import type { Running, Services } from './app.ts'
import { drainMs } from './limits.ts'
import { listenEverywhere, type PortPlan } from './listen-everywhere.ts'
import type { Places } from './places.ts'

/** An app whose sessions speak lines (IMAP, POP3). */
export interface LineAppOptions {
  readonly ports: readonly PortPlan[]
  /** Sent to a connection that is over a limit. */
  readonly busyLine: string
  /** Tells how many connections are open, all addresses together. */
  readonly sessions: Gauge<NoLabels>
  /**
   * One session, from greeting to end. `draining` is aborted when the app is to stop: finish the
   * command at hand, say goodbye, return.
   */
  readonly serve: (connection: Connection, port: PortName, draining: AbortSignal) => Promise<void>
}

/** Starts an app on line-server: all addresses, limits of the configuration, a polite drain. */
export async function startLineApp(services: Services, options: LineAppOptions): Promise<Running> {
  const { config, log, tls, places } = services
  const draining = new AbortController()
  const { opened, ports } = await listenEverywhere(options.ports, config, log, (plan, host, port) =>
    listen({
      host,
      port,
      ...(plan.tls ? { tls } : {}),
      maxConnections: config.limits.connections,
      maxConnectionsPerAddress: config.limits.connectionsPerAddress,
      ...(places === undefined ? {} : { admit: admitBy(places, config, `${plan.name} ${host}`) }),
      busyLine: options.busyLine,
      log,
      onConnection: (connection) => options.serve(connection, plan.name, draining.signal),
    }),
  )
  options.sessions.readBy(() => [
    [{}, opened.reduce((sum, { connections }) => sum + connections.size, 0)],
  ])
  let drained: Promise<void> | undefined
  return {
    listeners: ports,
    drain() {
      drained ??= (async () => {
        draining.abort()
        await Promise.all(opened.map((listener) => listener.close(drainMs)))
      })()
      return drained
    },
  }
}

/** The limits of one listener, kept by all processes of the app together. */
function admitBy(places: Places, { limits }: Config, listener: string) {
  const all = { key: listener, most: limits.connections }
  return (address: string): Promise<(() => void) | undefined> => {
    // Loopback is this machine's own services: only the total binds them.
    if (isLoopbackAddress(address)) return places.take([all])
    const key = `${listener} ${addressGroup(address)}`
    return places.take([all, { key, most: limits.connectionsPerAddress }])
  }
}
