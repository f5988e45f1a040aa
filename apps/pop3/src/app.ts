import { AccountSessions, startLineApp, watchGrants, type App } from '@posthouse/app'
import { houseOf } from './house.ts'
import { limits } from './limits.ts'
import { sessions } from './metrics.ts'
import { farewell } from './refusals.ts'
import { Session } from './session.ts'

/** The POP3 server: RFC 1939, with TLS from the first octet on its second port (RFC 8314 §3.2). */
export const app: App = {
  name: 'pop3',
  async start(services) {
    const signedIn = new AccountSessions('pop3', limits.sessionsPerAccount)
    const house = houseOf(services, signedIn)
    signedIn.answerAt(services.control)
    const stopWatching = watchGrants(services.store, signedIn, services.log)
    const running = await startLineApp(services, {
      ports: [
        { name: 'pop3', tls: false },
        { name: 'pop3s', tls: true },
      ],
      sessions,
      busyLine: farewell.busy,
      serve: (connection, port, draining) => {
        const { id, remoteAddress: address } = connection
        const log = services.log.child({ connection: id, address, port })
        return new Session(house, connection, log).serve(draining)
      },
    })
    return {
      listeners: running.listeners,
      drain: () => running.drain().finally(stopWatching),
    }
  },
}
