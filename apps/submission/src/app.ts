import {
  drainMs,
  listenEverywhere,
  mayUsePassword,
  proxyNetworksOf,
  resolverOf,
  type App,
} from '@posthouse/app'
import { Inspector } from '@posthouse/reception'
import { createSmtpServer } from '@posthouse/smtp'
import { submissionHandlers } from './handlers.ts'
import { releaseSeconds } from './limits.ts'
import { mechanisms, SignIn } from './sign-in.ts'

/** Ports 587 and 465: mail from our users (RFC 6409, RFC 8314). */
export const app: App = {
  name: 'submission',
  async start(services) {
    const { config, log, store, tls } = services
    const { hostname } = config
    const signIn = new SignIn(services)
    const inspector = new Inspector({ store, hostname, log, resolver: resolverOf(services) })
    const handlers = submissionHandlers({ store, hostname, log, inspector })
    const { opened, ports } = await listenEverywhere(
      [
        { name: 'submission', tls: false },
        { name: 'submissions', tls: true },
      ],
      config,
      log,
      (plan, host, port) =>
        createSmtpServer({
          host,
          port,
          role: 'submission',
          name: config.hostname,
          tls,
          implicitTls: plan.tls,
          proxyNetworks: proxyNetworksOf(config, plan.name),
          releaseSeconds,
          limits: config.limits,
          log,
          handlers,
          auth: {
            mechanisms,
            required: true,
            isAllowed: (connection) => mayUsePassword(config.auth.plaintext, connection),
            authenticate: (credentials, session, mechanism) =>
              signIn.authenticate(credentials, session, mechanism),
          },
        }),
    ).catch((error: unknown) => {
      signIn.stop()
      throw error
    })
    let drained: Promise<void> | undefined
    return {
      listeners: ports,
      drain() {
        drained ??= Promise.all(opened.map((one) => one.close(drainMs))).then(async () => {
          signIn.stop()
          await inspector.close()
        })
        return drained
      },
    }
  },
}
