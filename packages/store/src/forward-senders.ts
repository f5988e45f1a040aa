import { createHash, randomBytes } from 'node:crypto'
import { formatStoreAddress } from './address.ts'
import type { Database } from './database.ts'
import { isSrs, readSrs, writeSrs, type SrsKeys } from './forward-srs.ts'
import { statement, tupleStatement } from './statement.ts'

/** A key signs for so long; what it signed is known for 21 days more, and it is kept until that is long over. */
const signingDays = 30
const keptDays = 60

const readKeys = tupleStatement<readonly [key: Buffer, isOld: boolean]>(
  'srs_keys',
  `SELECT key, made_at < now() - interval '${signingDays} days' FROM srs_key
  WHERE made_at > now() - interval '${keptDays} days' ORDER BY made_at DESC, key`,
)
const addKey = statement('srs_key_add', 'INSERT INTO srs_key (key) VALUES ($1)')
const forgetKeys = statement(
  'srs_keys_forget',
  `DELETE FROM srs_key WHERE made_at <= now() - interval '${keptDays} days'`,
)
const keep = statement(
  'srs_keep',
  `INSERT INTO srs_kept (token, address) VALUES ($1, $2)
  ON CONFLICT (token) DO UPDATE SET used_on = current_date WHERE srs_kept.used_on < current_date`,
)
const findKept = tupleStatement<readonly [address: string]>(
  'srs_kept_find',
  'SELECT address FROM srs_kept WHERE token = $1',
)

/** Stands for the domain of a sender that is kept here; no domain is called that (RFC 2606 §2). */
const keptDomain = 'kept.invalid'

/** RFC 5321 §4.5.3.1.1. */
const maxLocalOctets = 64

/** What is older is read again: another process may have made a new key. */
const staleMs = 60_000

/**
 * Rewrites senders of mail that goes on (SRS), so that it leaves under a domain of ours, and knows them again. The keys are the
 * installation's, made when they are first needed and every 30 days.
 */
export class ForwardSenders {
  readonly #database: Database
  #keys: SrsKeys | undefined
  #readAt = -Infinity

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The sender to use instead, under a domain of ours; the null sender stays. One that would be longer than a local part may
   * be, or that cannot stand inside another (quoted, an address literal), is kept in the store, and a word for it sent.
   * Throws StoreUnavailable.
   */
  async rewrite(sender: string, domain: string): Promise<string> {
    const split = sender.lastIndexOf('@')
    if (split <= 0) return ''
    const keys = await this.#signing()
    const origin = { local: sender.slice(0, split), domain: sender.slice(split + 1) }
    const now = new Date()
    const plain = writeSrs(keys, origin, now)
    if (fits(plain)) return `${plain}@${domain}`
    const token = createHash('sha256').update(sender).digest('hex').slice(0, 24)
    await this.#database.execute(keep, [token, sender])
    return `${writeSrs(keys, { local: token, domain: keptDomain }, now)}@${domain}`
  }

  /**
   * The sender behind a local part of ours; undefined where there is none, `expired` where it is too old. Throws
   * StoreUnavailable.
   */
  async read(local: string): Promise<{ readonly address: string } | 'expired' | undefined> {
    if (!isSrs(local)) return undefined
    const found =
      readSrs(await this.#current(staleMs), local, new Date()) ??
      // It may be signed with a key that another process has just made.
      readSrs(await this.#current(0), local, new Date())
    if (found === undefined || found === 'expired') return found
    if (found.domain.toLowerCase() !== keptDomain) {
      return { address: `${found.local}@${found.domain}` }
    }
    const [row] = await this.#database.read(findKept, [found.local.toLowerCase()])
    // Kept for longer than its word is good for: it is gone because it was not used.
    return row === undefined ? 'expired' : { address: row[0] }
  }

  async #signing(): Promise<SrsKeys> {
    const known = await this.#current(staleMs)
    if (known.newest.length > 0) return known
    await this.#database.transact(async (tx) => {
      await tx.execute(forgetKeys)
      await tx.execute(addKey, [randomBytes(32)])
    })
    return await this.#current(0)
  }

  /** Without a newest one (no octets) where it is time for another. */
  async #current(maxAgeMs: number): Promise<SrsKeys> {
    const now = performance.now()
    if (this.#keys !== undefined && now - this.#readAt < maxAgeMs) return this.#keys
    const rows = await this.#database.read(readKeys)
    const [first] = rows
    const newest = first === undefined || first[1] ? Buffer.alloc(0) : first[0]
    this.#keys = { newest, all: rows.map(([key]) => key) }
    this.#readAt = now
    return this.#keys
  }
}

/** Short enough, and a dot-string as it stands (RFC 5321 §4.1.2). */
function fits(local: string): boolean {
  if (Buffer.byteLength(local) > maxLocalOctets) return false
  return formatStoreAddress({ localPart: local, domain: 'x' }) === `${local}@x`
}
