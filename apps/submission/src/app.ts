import { drainMs, listenEverywhere, mayUsePassword, type App } from '@posthouse/app'
import { createSmtpServer } from '@posthouse/smtp'
import { submissionHandlers } from './handlers.ts'
import { mechanisms, SignIn } from './sign-in.ts'

/** Ports 587 and 465: mail from our users (RFC 6409, RFC 8314). */
export const app: App = {
  name: 'submission',
  async start({ config, log, store, tls }) {
    const signIn = new SignIn(store, log)
    const handlers = submissionHandlers({ store, hostname: config.hostname, log })
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
          name: config.hostname,
          tls,
          implicitTls: plan.tls,
          limits: config.limits,
          log,
          handlers,
          auth: {
            mechanisms,
            required: true,
            isAllowed: (connection) => mayUsePassword(config.auth.plaintext, connection),
            authenticate: (credentials, session) => signIn.authenticate(credentials, session),
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
        drained ??= Promise.all(opened.map((one) => one.close(drainMs))).then(() => signIn.stop())
        return drained
      },
    }
  },
}
