import { drainMs, listenEverywhere, type App } from '@posthouse/app'
import { houseOf } from './house.ts'
import { requestListener } from './router.ts'
import { routes } from './routes/index.ts'
import { openWebListener } from './web-server.ts'

/** The web server: mail programs set themselves up, people read how. Mail never depends on it. */
export const app: App = {
  name: 'web',
  async start(services) {
    const onRequest = requestListener(houseOf(services), routes)
    const ports = [
      { name: 'http', tls: false },
      { name: 'https', tls: true },
    ] as const
    const { opened, ports: listeners } = await listenEverywhere(
      ports,
      services.config,
      services.log,
      ({ tls: isTls }, host, port) => openWebListener({ host, port, isTls, services, onRequest }),
    )
    let drained: Promise<unknown> | undefined
    return {
      listeners,
      async drain() {
        drained ??= Promise.all(opened.map((listener) => listener.close(drainMs)))
        await drained
      },
    }
  },
}
