import { mayUsePassword, type AccountSessions, type Services, type TlsSource } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import type { Connection } from '@posthouse/line-server'
import type { Store } from '@posthouse/store'

/** What all sessions of the process share. */
export interface House {
  readonly hostname: string
  readonly store: Store
  readonly tls: TlsSource
  readonly sessions: AccountSessions
  readonly plaintext: Config['auth']['plaintext']
}

/** The house of these services. */
export function houseOf(services: Services, sessions: AccountSessions): House {
  const { config, store, tls } = services
  return { hostname: config.hostname, store, tls, sessions, plaintext: config.auth.plaintext }
}

/** Whether passwords may be sent on this connection. */
export function mayUsePasswordOn(house: House, connection: Connection): boolean {
  return mayUsePassword(house.plaintext, connection)
}
