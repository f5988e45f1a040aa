import type { AccountSessions } from '@posthouse/app'
import type { ImapConfig } from '@posthouse/config'
import type { Connection, TlsContext } from '@posthouse/line-server'
import type { Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { OctetBudget } from './octet-budget.ts'
import type { OctetShares } from './octet-shares.ts'

/** What all sessions of the process share. */
export interface House {
  readonly hostname: string
  readonly store: Store
  readonly log: Log
  readonly tls: TlsContext
  /** The largest message APPEND takes, in octets. */
  readonly messageBytes: number
  /** What is switched off, and for whom. */
  readonly imap: ImapConfig
  /** Memory for messages on their way in, by account. */
  readonly appendBudget: OctetShares
  /** Messages whose keys SORT and THREAD hold. */
  readonly sorting: OctetBudget
  readonly sessions: AccountSessions
  /** The one rule about passwords in clear text. */
  mayUsePassword(connection: Connection): boolean
}
