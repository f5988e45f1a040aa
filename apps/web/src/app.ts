import { drainMs, listenEverywhere, type App } from '@posthouse/app'
import { challengeTls } from '@posthouse/certificates'
import { houseOf } from './house.ts'
import { requestListener } from './router.ts'
import { routes } from './routes/index.ts'
import { openWebListener } from './web-server.ts'

/** The web server: mail programs set themselves up, people read how. Mail never depends on it. */
export const app: App = {
  name: 'web',
  async start(services) {
    const { config, log, store, tls } = services
    const onRequest = requestListener(houseOf(services), routes)
    const challenges = challengeTls(store.certificates, tls, log)
    const ports = [
      { name: 'http', tls: false },
      { name: 'https', tls: true },
    ] as const
    const { opened, ports: listeners } = await listenEverywhere(
      ports,
      config,
      log,
      ({ tls: isTls }, host, port) =>
        openWebListener({ host, port, isTls, services, onRequest, challenges }),
    )
    let drained: Promise<unknown> | undefined
    return {
      listeners,
      async drain() {
        challenges.close()
        drained ??= Promise.all(opened.map((listener) => listener.close(drainMs)))
        await drained
      },
    }
  },
}
