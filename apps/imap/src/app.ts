import {
  AccountSessions,
  mayUsePassword,
  startLineApp,
  watchGrants,
  type App,
} from '@posthouse/app'
import { limits } from './limits.ts'
import { sessions } from './metrics.ts'
import { OctetBudget } from './session/octet-budget.ts'
import { OctetShares } from './session/octet-shares.ts'
import type { House } from './session/house.ts'
import { Session } from './session/session.ts'

/** IMAP4rev1 on the ports `imap` (STARTTLS) and `imaps`. */
export const app: App = {
  name: 'imap',
  async start(services) {
    const { config, log, store, tls } = services
    const house: House = {
      hostname: config.hostname,
      store,
      log,
      tls,
      messageBytes: config.limits.messageBytes,
      imap: config.imap,
      appendBudget: new OctetShares(limits.appendBytesInFlight, limits.appendBytesOfAccount),
      sorting: new OctetBudget(limits.sortedMessages),
      sessions: new AccountSessions('imap', limits.sessionsPerAccount, services.places),
      mayUsePassword: (connection) => mayUsePassword(config.auth.plaintext, connection),
    }
    house.sessions.answerAt(services.control)
    const forget = watchGrants(store, house.sessions, log)
    const running = await startLineApp(services, {
      ports: [
        { name: 'imap', tls: false },
        { name: 'imaps', tls: true },
      ],
      sessions,
      busyLine: '* BYE Too many connections; try again later\r\n',
      serve: (connection, _port, draining) => new Session(house, connection, draining).run(),
    })
    return {
      listeners: running.listeners,
      async drain() {
        await running.drain()
        forget()
      },
    }
  },
}
