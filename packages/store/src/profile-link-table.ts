import { Secret } from '@posthouse/config/secret'

import { formatStoreAddress } from './address.ts'
import type { AppPasswordLookup } from './app-password-lookup.ts'
import { formatToken, hashToken, newTokenSecret, readToken } from './app-password-token.ts'
import { appPasswordProtocols, type NewAppPassword } from './app-passwords.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { findByAddress } from './find-account.ts'
import { accountId } from './ids.ts'
import { fault, makeAppPassword } from './new-app-password.ts'
import type { LinkedProfile, ProfileLinks, Redeemed } from './profile-links.ts'
import { ServerKey } from './server-key.ts'
import { statement } from './statement.ts'

/** How long a link holds: as long as it takes to fetch the phone from the other room. */
const lifeSeconds = 10 * 60

interface Row {
  readonly account_id: string
  readonly domain: string
  readonly local_part: string
  readonly name: string
  readonly protocols: readonly string[]
  readonly password_expires_at: Date | null
  readonly expires_at: Date
}

const insert = statement<{ readonly expires_at: Date }>(
  'profile_link_insert',
  `INSERT INTO profile_link (hash, account_id, name, protocols, password_expires_at, expires_at)
  VALUES ($1, $2, $3, $4::text[], $5, now() + make_interval(secs => $6)) RETURNING expires_at`,
)
const sweep = statement('profile_link_sweep', 'DELETE FROM profile_link WHERE expires_at <= now()')
/** Of accounts that may sign in. */
const select = `l.account_id, d.domain, d.local_part, l.name, l.protocols, l.password_expires_at, l.expires_at`
const holds = `l.hash = $1 AND l.expires_at > now() AND d.account_id = l.account_id
  AND a.account_id = l.account_id AND a.disabled_at IS NULL AND NOT EXISTS (
    SELECT FROM domain o WHERE o.name = d.domain AND o.disabled_at IS NOT NULL)`
const find = statement<Row>(
  'profile_link_find',
  `SELECT ${select} FROM profile_link l, address d, account a WHERE ${holds}`,
)
const take = statement<Row>(
  'profile_link_take',
  `DELETE FROM profile_link l USING address d, account a WHERE ${holds} RETURNING ${select}`,
)

/** Links in Postgres. */
export class ProfileLinkTable implements ProfileLinks {
  readonly #database: Database
  readonly #lookup: AppPasswordLookup
  readonly #key: ServerKey

  constructor(database: Database, lookup: AppPasswordLookup) {
    this.#database = database
    this.#lookup = lookup
    this.#key = new ServerKey(database, 'profile-link')
  }

  async create(request: NewAppPassword, by: Actor): ReturnType<ProfileLinks['create']> {
    const wrong = fault(request)
    if (wrong !== undefined) return { ok: false, reason: wrong }
    const known = await findByAddress(this.#database, request.account)
    if (known === undefined) return { ok: false, reason: 'not-found' }
    const { id, address } = known.account
    const { name, expiresAt, protocols = appPasswordProtocols } = request
    const secret = newTokenSecret()
    const hash = hashToken(secret, await this.#key.octets())
    const row = await this.#database.transact(async (tx) => {
      await tx.execute(sweep)
      const values = [hash, id, name.normalize('NFC').trim(), protocols, expiresAt ?? null]
      const [made] = await tx.query(insert, [...values, lifeSeconds])
      await writeAudit(tx, by, 'profile-link.created', address, { name, protocols })
      return made
    })
    if (row === undefined) throw new Error('a profile link was not kept')
    return { ok: true, token: new Secret(formatToken(secret)), expiresAt: row.expires_at }
  }

  async find(token: string): Promise<LinkedProfile | undefined> {
    const hash = await this.#hashOf(token)
    if (hash === undefined) return undefined
    const [row] = await this.#database.query(find, [hash])
    if (row === undefined) return undefined
    return { account: addressOf(row), name: row.name, expiresAt: row.expires_at }
  }

  async redeem(token: string, by: Actor): Promise<Redeemed> {
    const hash = await this.#hashOf(token)
    if (hash === undefined) return { ok: false, reason: 'gone' }
    try {
      return await this.#database.transact(async (tx) => {
        const [row] = await tx.query(take, [hash])
        if (row === undefined) return { ok: false, reason: 'gone' }
        const account = { id: accountId(row.account_id), address: addressOf(row) }
        const made = await makeAppPassword(tx, this.#lookup, account, requestOf(row), by)
        // Undone with all else: the link is as good as before.
        if (!made.ok) throw new NotMade(made)
        return { ...made, accountId: account.id }
      })
    } catch (error) {
      if (error instanceof NotMade) return error.outcome
      throw error
    }
  }

  async #hashOf(token: string): Promise<Buffer | undefined> {
    const secret = readToken(token)
    return secret === undefined ? undefined : hashToken(secret, await this.#key.octets())
  }
}

/** Takes the transaction back. */
class NotMade extends Error {
  readonly outcome: Redeemed

  constructor(outcome: Redeemed) {
    super('no app password was made')
    this.outcome = outcome
  }
}

function addressOf({ domain, local_part: localPart }: Row): string {
  return formatStoreAddress({ localPart, domain })
}

function requestOf(row: Row): NewAppPassword {
  return {
    account: addressOf(row),
    name: row.name,
    protocols: appPasswordProtocols.filter((one) => row.protocols.includes(one)),
    ...(row.password_expires_at === null ? {} : { expiresAt: row.password_expires_at }),
  }
}
