import { mayUsePassword, type AccountSessions, type Services, type TlsSource } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import type { Connection } from '@posthouse/line-server'
import type { Store } from '@posthouse/store'
import { LongestDelay } from './longest-delay.ts'
import { MaildropHolds } from './maildrop-holds.ts'

/** What all sessions of the process share. */
export interface House {
  readonly hostname: string
  readonly store: Store
  readonly tls: TlsSource
  readonly sessions: AccountSessions
  readonly holds: MaildropHolds
  readonly longestDelay: LongestDelay
  readonly plaintext: Config['auth']['plaintext']
}

/** The house of these services. */
export function houseOf(services: Services, sessions: AccountSessions): House {
  const { config, log, store, tls } = services
  return {
    hostname: config.hostname,
    store,
    tls,
    sessions,
    holds: new MaildropHolds(store, log),
    longestDelay: new LongestDelay(store),
    plaintext: config.auth.plaintext,
  }
}

/** Whether passwords may be sent on this connection. */
export function mayUsePasswordOn(house: House, connection: Connection): boolean {
  return mayUsePassword(house.plaintext, connection)
}
