import { roles } from './address-statements.ts'
import { parseStoreAddress } from './address.ts'
import type { AddressBook } from './address-book.ts'
import type { Database } from './database.ts'
import { DomainStates } from './domain-states.ts'
import { isSrs } from './forward-srs.ts'
import type { AccountId } from './ids.ts'
import { tupleStatement, type Statement } from './statement.ts'

/** More addresses than this behind one alias are not followed: as when mail is delivered. */
const mostReached = 1_000

/** The domain in which to look: the one that it is an alias of, else itself. None where either is switched off. */
const hosting = (h: string): string => `CROSS JOIN LATERAL (
    SELECT coalesce(t.name, o.name) AS name FROM domain o LEFT JOIN domain t ON t.name = o.alias_of
    WHERE o.name = ${h}.domain AND o.disabled_at IS NULL AND t.disabled_at IS NULL OFFSET 0) o`

/**
 * What stands at an address: exactly it, or the one without its `+tag` where nobody has it. LATERAL with OFFSET, so that it is
 * looked up by its key for each address, however many there are.
 */
const standing = (h: string, which: string, name = 'o.name'): string => `CROSS JOIN LATERAL (
    SELECT d.domain, d.local_key FROM address d
    WHERE d.domain = ${name} AND d.local_key IN (${h}.key, ${h}.base) AND ${which}
      AND (d.local_key = ${h}.key OR NOT EXISTS (
        SELECT FROM address x WHERE x.domain = ${name} AND x.local_key = ${h}.key))
    OFFSET 0) d`

const own = `SELECT q.n::int FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS q (domain, key, base, n)`

/** Almost always an account writes as itself. $1 account, $2 domains, $3 keys, $4 bases; which of them are its own. */
const ownStatement = tupleStatement<readonly [number]>(
  'sender_own',
  `${own} ${hosting('q')} ${standing('q', 'd.account_id = $1::uuid')}`,
)
/** The same where no domain is more than its addresses. */
const ownPlainStatement = tupleStatement<readonly [number]>(
  'sender_own_plain',
  `${own} ${standing('q', 'd.account_id = $1::uuid', 'q.domain')}`,
)

/**
 * Those whose aliases, or whose domain's address of last resort, lead to the account by targets that may send. What somebody has,
 * or had and may have again, and what every domain has (postmaster, abuse) is nobody's by last resort. The same values, and $5
 * how many to follow.
 */
const rightsStatement = tupleStatement<readonly [number]>(
  'sender_rights',
  `WITH RECURSIVE hop AS (
    SELECT q.n::int AS n, q.domain, q.key, q.base
    FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS q (domain, key, base, n)
    UNION
    SELECT h.n, t.domain, t.key, split_part(t.key, '+', 1)
    FROM hop h ${hosting('h')}
    CROSS JOIN LATERAL (
      SELECT t.target_domain AS domain, t.target_key AS key
      FROM (
        SELECT x.domain, x.local_key, x.account_id FROM address x
        WHERE x.domain = o.name AND x.local_key IN (h.key, h.base) ORDER BY x.local_key = h.key DESC LIMIT 1
      ) d JOIN alias_target t ON t.domain = d.domain AND t.local_key = d.local_key AND t.may_send
      WHERE d.account_id IS NULL
      UNION ALL
      SELECT c.catchall_domain, c.catchall_key FROM domain c
      WHERE c.name = o.name AND c.catchall_domain IS NOT NULL AND c.catchall_may_send
        AND h.key <> '' AND h.base NOT IN (${roles})
        AND NOT EXISTS (SELECT FROM address x WHERE x.domain = o.name AND x.local_key IN (h.key, h.base))
        AND NOT EXISTS (SELECT FROM removed_account r WHERE r.domain = o.name AND r.local_key IN (h.key, h.base))
      OFFSET 0) t
  )
  SELECT DISTINCT h.n FROM (SELECT * FROM hop LIMIT $5) h
  ${hosting('h')} ${standing('h', 'd.account_id = $1::uuid')}`,
)

/** Who may write as whom. */
export class SenderRights {
  readonly #database: Database
  readonly #addresses: Pick<AddressBook, 'resolveAll'>
  readonly #domains: Pick<DomainStates, 'current'>

  constructor(
    database: Database,
    addresses: Pick<AddressBook, 'resolveAll'>,
    domains: Pick<DomainStates, 'current'> = new DomainStates(database),
  ) {
    this.#database = database
    this.#addresses = addresses
    this.#domains = domains
  }

  /** See `Sending.mayWriteAs`. */
  async mayWriteAs(account: AccountId, addresses: readonly string[]): Promise<boolean> {
    const asked = [...new Set(addresses)]
    const { isPlain } = await this.#domains.current()
    const others = await this.#without(isPlain ? ownPlainStatement : ownStatement, account, asked)
    if (others.length === 0) return true
    // Reports for a sender that we rewrote are no mail of whoever gets what nobody has.
    if (others.some((address) => isSrs(address))) return false
    const foreign = await this.#without(rightsStatement, account, others, [
      mostReached * others.length,
    ])
    return foreign.length === 0 || (await this.#standsInFor(account, foreign))
  }

  /** Those of the addresses that a statement does not find. */
  async #without(
    rights: Statement<readonly [number]>,
    account: AccountId,
    addresses: readonly string[],
    more: readonly unknown[] = [],
  ): Promise<readonly string[]> {
    const parsed = addresses.map(parseStoreAddress)
    if (parsed.includes(undefined)) return addresses
    const keys = parsed.map((one) => one?.localKey ?? '')
    const domains = parsed.map((one) => one?.domain ?? '')
    const values = [account, domains, keys, keys.map(baseOf), ...more]
    const rows = await this.#database.read(rights, values)
    const found = new Set(rows.map(([n]) => n))
    return addresses.filter((_, i) => !found.has(i + 1))
  }

  /** A role that nobody made, whose mail comes to the account (postmaster, abuse). */
  async #standsInFor(account: AccountId, addresses: readonly string[]): Promise<boolean> {
    const found = await this.#addresses.resolveAll(addresses)
    return found.every((one) => one.kind === 'local' && one.account.account === account)
  }
}

function baseOf(key: string): string {
  const plus = key.indexOf('+')
  return plus > 0 ? key.slice(0, plus) : key
}
