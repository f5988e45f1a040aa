import { Secret } from '@posthouse/config/secret'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { comparePatterns, recipientPattern, relayHost, senderPattern } from './relay-pattern.ts'
import type { NewRelay, Relay, RelayMade, RelayPattern, Relays, RelayTls } from './relays.ts'
import type { Sealer } from './sealer.ts'
import { statement, tupleStatement } from './statement.ts'
import { newUuid } from './uuid-v7.ts'

/** The channel that tells of changes. */
export const relayChannel = 'posthouse_relay'

interface Row {
  readonly relay_id: string
  readonly recipient: string
  readonly sender: string
  readonly after_failures: number
  readonly host: string
  readonly port: number
  readonly tls: RelayTls
  readonly user_name: string | null
  readonly is_auth_risky: boolean
  readonly made_at: Date
}

const columns =
  'relay_id, recipient, sender, after_failures, host, port, tls, user_name, is_auth_risky, made_at'

const listAll = statement<Row>('relay_list', `SELECT ${columns} FROM relay`)
const insert = statement<Row>(
  'relay_insert',
  `INSERT INTO relay (relay_id, recipient, sender, after_failures, host, port, tls, user_name, secret, is_auth_risky)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (recipient, sender, after_failures) DO NOTHING RETURNING ${columns}`,
)
const remove = statement<Row>(
  'relay_delete',
  `DELETE FROM relay WHERE recipient = $1 AND sender = $2 AND after_failures = $3 RETURNING ${columns}`,
)
const secretOf = tupleStatement<readonly [Buffer | null]>(
  'relay_secret',
  'SELECT secret FROM relay WHERE relay_id = $1',
)

/** Relays over one database, their passwords sealed. */
export class RelayTable implements Relays {
  readonly #database: Database
  readonly #sealer: Sealer

  constructor(database: Database, sealer: Sealer) {
    this.#database = database
    this.#sealer = sealer
  }

  async list(): Promise<readonly Relay[]> {
    const rows = await this.#database.query(listAll)
    return rows.map(relayOf).toSorted(comparePatterns)
  }

  async add(relay: NewRelay, by: Actor): Promise<RelayMade> {
    const recipient = recipientPattern(relay.recipient)
    if (recipient === undefined) return { ok: false, reason: 'malformed', what: 'recipient' }
    const sender = senderPattern(relay.sender)
    if (sender === undefined) return { ok: false, reason: 'malformed', what: 'sender' }
    const host = relayHost(relay.host)
    if (host === undefined) return { ok: false, reason: 'malformed', what: 'host' }
    const id = newUuid()
    const { afterFailures, port, tls, credentials, isAuthRisky = false } = relay
    const secret =
      credentials === undefined
        ? null
        : await this.#sealer.seal(secretName(id), Buffer.from(credentials.password.reveal()))
    const values = [id, recipient, sender, afterFailures, host, port, tls]
    return this.#database.transact(async (tx) => {
      const user = credentials?.user ?? null
      const [row] = await tx.query(insert, [...values, user, secret, isAuthRisky])
      if (row === undefined) return { ok: false, reason: 'exists' }
      await writeAudit(tx, by, 'relay.added', recipient, {
        sender,
        afterFailures,
        host,
        port,
        tls,
        user,
      })
      tx.notify(relayChannel, '')
      return { ok: true, relay: relayOf(row) }
    })
  }

  async remove(pattern: RelayPattern, by: Actor): Promise<'done' | 'not-found'> {
    const recipient = recipientPattern(pattern.recipient)
    const sender = senderPattern(pattern.sender)
    if (recipient === undefined || sender === undefined) return 'not-found'
    return this.#database.transact(async (tx) => {
      const { afterFailures } = pattern
      const [row] = await tx.query(remove, [recipient, sender, afterFailures])
      if (row === undefined) return 'not-found'
      const { host, port } = row
      await writeAudit(tx, by, 'relay.removed', recipient, { sender, afterFailures, host, port })
      tx.notify(relayChannel, '')
      return 'done'
    })
  }

  async password(id: string): Promise<Secret | undefined> {
    const [row] = await this.#database.query(secretOf, [id])
    const sealed = row?.[0] ?? undefined
    if (sealed === undefined) return undefined
    return new Secret((await this.#sealer.open(secretName(id), sealed)).toString())
  }

  onChange(listener: () => void): () => void {
    return this.#database.notifier.listen(relayChannel, { onWake: listener, onGap: listener })
  }
}

function relayOf(row: Row): Relay {
  return {
    id: row.relay_id,
    recipient: row.recipient,
    sender: row.sender,
    afterFailures: row.after_failures,
    host: row.host,
    port: row.port,
    tls: row.tls,
    user: row.user_name ?? undefined,
    isAuthRisky: row.is_auth_risky,
    madeAt: row.made_at,
  }
}

/** What a password is sealed as: it opens in its own row only. */
function secretName(id: string): string {
  return `relay/${id}`
}
