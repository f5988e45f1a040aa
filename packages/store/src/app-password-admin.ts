import { accountChannel } from './account-channel.ts'
import type { AppPasswordLookup } from './app-password-lookup.ts'
import {
  appPasswordProtocols,
  type AppPassword,
  type AppPasswords,
  type NewAppPassword,
} from './app-passwords.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { findByAddress } from './find-account.ts'
import { fault, makeAppPassword, type MadeAppPassword } from './new-app-password.ts'
import { statement } from './statement.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

interface Row {
  readonly app_password_id: string
  readonly name: string
  readonly protocols: readonly string[]
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly last_at: Date | null
  readonly last_protocol: string | null
  readonly last_address: string | null
}

const ofAccount = statement<Row>(
  'app_password_list',
  `SELECT app_password_id, name, protocols, created_at, expires_at, last_at, last_protocol, host(last_address) AS last_address
  FROM app_password WHERE account_id = $1 ORDER BY app_password_id`,
)

/** App passwords over one database. */
export class AppPasswordAdmin implements AppPasswords {
  readonly #database: Database
  readonly #lookup: AppPasswordLookup

  constructor(database: Database, lookup: AppPasswordLookup) {
    this.#database = database
    this.#lookup = lookup
  }

  async create(request: NewAppPassword, by: Actor): Promise<MadeAppPassword> {
    const wrong = fault(request)
    if (wrong !== undefined) return { ok: false, reason: wrong }
    const known = await findByAddress(this.#database, request.account)
    if (known === undefined) return { ok: false, reason: 'not-found' }
    const { account } = known
    return this.#database.transact((tx) => makeAppPassword(tx, this.#lookup, account, request, by))
  }

  async list(address: string): Promise<readonly AppPassword[] | undefined> {
    const known = await findByAddress(this.#database, address)
    if (known === undefined) return undefined
    const rows = await this.#database.query(ofAccount, [known.account.id])
    return rows.map((row) => appPasswordOf(row, known.account.address))
  }

  async revoke(address: string, text: string, by: Actor): Promise<'done' | 'not-found'> {
    const known = await findByAddress(this.#database, address)
    const id = uuidFromBase32(text)
    if (known === undefined || id === undefined) return 'not-found'
    const { account } = known
    const { deleteAppPassword } = await import('./app-password-writes.ts')
    return this.#database.transact(async (tx) => {
      const name = await deleteAppPassword(tx, account.id, id)
      if (name === undefined) return 'not-found'
      const details = { id: uuidToBase32(id), name }
      await writeAudit(tx, by, 'app-password.revoked', account.address, details)
      tx.notify(accountChannel, account.id)
      return 'done'
    })
  }
}

function appPasswordOf(row: Row, account: string): AppPassword {
  const { last_at: at, last_protocol: protocol, last_address: address } = row
  return {
    id: uuidToBase32(row.app_password_id),
    account,
    name: row.name,
    protocols: appPasswordProtocols.filter((one) => row.protocols.includes(one)),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUse: at === null ? undefined : { at, protocol: protocol ?? '', address: address ?? '' },
  }
}
