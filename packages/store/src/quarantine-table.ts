import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import { domainKey, formatStoreAddress } from './address.ts'
import type { ContentReader } from './content-reader.ts'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { purgeKept } from './quarantine-purge.ts'
import type {
  Quarantine,
  QuarantinedMessage,
  QuarantineQuery,
  QuarantineReason,
  ReleaseOptions,
  ReleaseOutcome,
} from './quarantine.ts'
import { releaseKept, type KeptOctets, type PrepareDelivery } from './quarantine-release.ts'
import { tupleStatement } from './statement.ts'
import { writeTrace } from './trace-writer.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

type Row = readonly [
  id: string,
  account: AccountId,
  domain: string | null,
  localPart: string | null,
  queueId: string,
  reason: QuarantineReason,
  recipient: string,
  sender: string,
  subject: string,
  size: number,
  at: Date,
  keptAt: Date,
]

const select = `SELECT k.quarantine_id, k.account_id, a.domain, a.local_part, k.queue_id, k.reason, k.recipient,
    k.sender, k.subject, k.size, k.at, k.kept_at
  FROM quarantine k LEFT JOIN address a ON a.account_id = k.account_id`

const listStatement = tupleStatement<Row>(
  'quarantine_list',
  `${select}
  WHERE ($1::uuid IS NULL OR k.account_id = $1) AND ($2::text IS NULL OR a.domain = $2)
    AND ($3::text IS NULL OR k.reason = $3) AND ($4::timestamptz IS NULL OR k.kept_at >= $4)
  ORDER BY k.kept_at DESC, k.quarantine_id DESC LIMIT $5`,
)
const showStatement = tupleStatement<Row>(
  'quarantine_show',
  `${select} WHERE k.quarantine_id = $1::uuid`,
)
const octetsStatement = tupleStatement<readonly [prefix: Buffer, content: Buffer]>(
  'quarantine_octets',
  'SELECT prefix, content FROM quarantine WHERE quarantine_id = $1::uuid',
)
const deleteStatement = tupleStatement<readonly [id: string, account: AccountId, queueId: string]>(
  'quarantine_delete',
  `DELETE FROM quarantine WHERE quarantine_id = ANY ($1::uuid[])
  RETURNING quarantine_id, account_id, queue_id`,
)

const defaultLimit = 1_000

/** What is kept aside, in Postgres. */
export class QuarantineTable implements Quarantine {
  readonly #database: Database
  readonly #contents: ContentReader
  readonly #prepare: PrepareDelivery

  constructor(database: Database, contents: ContentReader, prepare: PrepareDelivery) {
    this.#database = database
    this.#contents = contents
    this.#prepare = prepare
  }

  async list(query: QuarantineQuery = {}): Promise<readonly QuarantinedMessage[]> {
    const { account = null, domain, reason = null, since = null, limit = defaultLimit } = query
    const name = domain === undefined ? null : (domainKey(domain) ?? '')
    const rows = await this.#database.query(listStatement, [account, name, reason, since, limit])
    return rows.map(messageOf)
  }

  async show(id: string): Promise<QuarantinedMessage | undefined> {
    const uuid = uuidFromBase32(id)
    if (uuid === undefined) return undefined
    const [row] = await this.#database.query(showStatement, [uuid])
    return row && messageOf(row)
  }

  async octets(id: string): Promise<KeptOctets | undefined> {
    const uuid = uuidFromBase32(id)
    if (uuid === undefined) return undefined
    const message = await this.show(id)
    const [row] = await this.#database.query(octetsStatement, [uuid])
    if (message === undefined || row === undefined) return undefined
    const [prefix, hash] = row
    const size = message.size - prefix.length
    const content = await this.#contents.read(hash, size, 0, size)
    if (content === undefined) throw new Error(`The octets of ${id} are not whole`)
    return { prefix, content }
  }

  async release(id: string, by: Actor, options: ReleaseOptions = {}): Promise<ReleaseOutcome> {
    const message = await this.show(id)
    const octets = message && (await this.octets(id))
    if (message === undefined || octets === undefined) return { kind: 'not-found' }
    return releaseKept(this.#database, this.#prepare, { message, octets, by, ...options })
  }

  async delete(ids: readonly string[], by: Actor): Promise<readonly string[]> {
    const uuids = ids.flatMap((id) => uuidFromBase32(id) ?? [])
    return this.#database.transact(async (tx) => {
      const rows = await tx.query(deleteStatement, [uuids])
      const events = rows.map(([, account, queueId]) => {
        return { kind: 'discarded', account, queueId } as const
      })
      void writeTrace(tx, events).catch(() => {})
      const gone = rows.map(([uuid]) => uuidToBase32(uuid))
      for (const id of gone) void writeAudit(tx, by, 'quarantine.deleted', id).catch(() => {})
      return gone
    })
  }

  async purge(olderThanSeconds: number, by?: Actor): Promise<number> {
    const count = await purgeKept(this.#database, olderThanSeconds)
    if (by !== undefined && count > 0) {
      const details = { count, olderThanSeconds }
      await writeAudit(this.#database, by, 'quarantine.purged', 'quarantine', details)
    }
    return count
  }
}

function messageOf(row: Row): QuarantinedMessage {
  const [uuid, account, domain, localPart, queueId, reason, recipient, sender, subject] = row
  const [, , , , , , , , , size, receivedAt, keptAt] = row
  return {
    id: uuidToBase32(uuid),
    account: accountId(account),
    address:
      domain === null || localPart === null ? undefined : formatStoreAddress({ domain, localPart }),
    queueId: uuidToBase32(queueId),
    reason,
    recipient,
    sender,
    subject,
    size,
    receivedAt,
    keptAt,
  }
}
