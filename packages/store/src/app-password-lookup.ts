import { hashToken } from './app-password-token.ts'
import type { Database } from './database.ts'
import { ServerKey } from './server-key.ts'
import { statement } from './statement.ts'

interface Row {
  readonly app_password_id: string
  readonly account_id: string
  readonly protocols: readonly string[]
  readonly is_expired: boolean
}

const find = statement<Row>(
  'app_password_find',
  `SELECT app_password_id, account_id, protocols, coalesce(expires_at <= now(), false) AS is_expired
  FROM app_password WHERE hash = $1`,
)

/** An app password that somebody holds. */
export interface HeldAppPassword {
  readonly id: string
  readonly account: string
  readonly protocols: readonly string[]
  readonly isExpired: boolean
}

/** Finds app passwords by their secret: a keyed hash and an index, microseconds. */
export class AppPasswordLookup {
  readonly #database: Database
  readonly #key: ServerKey

  constructor(database: Database) {
    this.#database = database
    this.#key = new ServerKey(database, 'app-password')
  }

  /** What is kept of a secret. */
  async hash(secret: Buffer): Promise<Buffer> {
    return hashToken(secret, await this.#key.octets())
  }

  /** The app password of this secret, whosever it is. */
  async find(secret: Buffer): Promise<HeldAppPassword | undefined> {
    const [row] = await this.#database.read(find, [await this.hash(secret)])
    if (row === undefined) return undefined
    const { app_password_id: id, account_id: account, protocols, is_expired: isExpired } = row
    return { id, account, protocols, isExpired }
  }
}
