import { drainMs, listenEverywhere, resolverOf, type App } from '@posthouse/app'
import { dnsLists } from '@posthouse/filter'
import { Inspector } from '@posthouse/reception'
import { createSmtpServer } from '@posthouse/smtp'
import { Door } from './door.ts'
import { mxHandlers } from './handlers.ts'

/** Port 25: mail from the world, for hosted domains (RFC 5321). */
export const app: App = {
  name: 'mx',
  async start(services) {
    const { config, log, store, tls } = services
    const { hostname } = config
    const resolver = resolverOf(services)
    const lists = dnsLists(config.lists, { resolver, log })
    const inspector = new Inspector({ store, hostname, log, resolver, lists }).watchOwners()
    services.control?.handle('health', () => {
      const because = inspector.trouble() ?? null
      return { isWell: because === null, because }
    })
    const handlers = mxHandlers({ store, hostname, log, inspector })
    const door = new Door({ config, log })
    const { opened, ports } = await listenEverywhere(
      [{ name: 'mx', tls: false }],
      config,
      log,
      (_plan, host, port) =>
        createSmtpServer({
          host,
          port,
          role: 'mx',
          name: config.hostname,
          tls,
          implicitTls: false,
          limits: config.limits,
          log,
          ...door.options,
          handlers: door.watch(handlers),
        }),
    )
    let drained: Promise<void> | undefined
    return {
      listeners: ports,
      drain() {
        drained ??= Promise.all(opened.map((one) => one.close(drainMs))).then(() =>
          inspector.close(),
        )
        return drained
      },
    }
  },
}
