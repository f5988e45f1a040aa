import { reachFrom } from './address-reach.ts'
import { trailOf } from './address-trail.ts'
import { domainKey, formatStoreAddress, parseStoreAddress, type StoreAddress } from './address.ts'
import type { Alias, Aliases, AliasRefusal } from './aliases.ts'
import { assemble } from './assemble-resolution.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { domainAliases, isDomainAlias } from './domain-hold.ts'
import { statement, type Transaction } from './statement.ts'
import { sqlState } from './unavailable.ts'

/** More targets than this want a mailing list, not an alias. */
const maxTargets = 1_000

interface Row {
  readonly domain: string
  readonly local_part: string
  readonly created_at: Date
  readonly target_domains: readonly string[]
  readonly target_local_parts: readonly string[]
  readonly may_send: boolean
}

const select = statement<Row>(
  'alias_list',
  `SELECT a.domain, a.local_part, a.created_at,
    array_agg(t.target_domain ORDER BY t.n) AS target_domains,
    array_agg(t.target_local_part ORDER BY t.n) AS target_local_parts,
    bool_and(t.may_send) AS may_send
  FROM address a JOIN alias_target t USING (domain, local_key)
  WHERE a.account_id IS NULL AND ($1::text IS NULL OR a.domain = $1)
    AND ($2::text IS NULL OR a.local_key = $2)
  GROUP BY a.domain, a.local_key ORDER BY a.domain, a.local_key`,
)

type Checked =
  | { readonly ok: true; readonly alias: StoreAddress; readonly targets: readonly StoreAddress[] }
  | ({ readonly ok: false } & AliasRefusal)

/** Aliases over one database. */
export function aliasAdmin(database: Database): Aliases {
  return {
    async create(text, targetTexts, by, options = {}) {
      const checked = check(text, targetTexts)
      if (!checked.ok) return checked
      const { alias, targets } = checked
      const { maySend = targets.length === 1, isRehearsal = false } = options
      const { insertAlias } = await import('./alias-writes.ts')
      try {
        return await database.transact(async (tx) => {
          if (await isDomainAlias(tx, alias.domain)) return { ok: false, reason: 'domain-alias' }
          // Two that close a ring together must see each other.
          await tx.query(lockAliases)
          const self = await selfAmong(tx, alias, targets)
          if (self !== undefined) return { ok: false, reason: 'self', target: self }
          if (!(await insertAlias(tx, alias, targets, maySend)))
            return { ok: false, reason: 'exists' }
          const ring = await ringOf(tx, alias)
          if (ring !== undefined) throw new NotMade({ reason: 'ring', addresses: ring })
          if (isRehearsal) throw new NotMade(undefined)
          const details = { targets: targets.map(formatStoreAddress), maySend }
          await writeAudit(tx, by, 'alias.created', formatStoreAddress(alias), details)
          return { ok: true }
        })
      } catch (error) {
        if (error instanceof NotMade) {
          const { refusal } = error
          return refusal === undefined ? { ok: true } : { ok: false, ...refusal }
        }
        if (sqlState(error) === '23503') return { ok: false, reason: 'unknown-domain' }
        throw error
      }
    },
    async list(filter = {}) {
      const domain = filter.domain === undefined ? null : (domainKey(filter.domain) ?? '')
      const rows = await database.query(select, [domain, null])
      return rows.map(aliasOf)
    },
    async show(text) {
      const alias = parseStoreAddress(text)
      if (alias === undefined) return undefined
      const [row] = await database.query(select, [alias.domain, alias.localKey])
      return row === undefined ? undefined : aliasOf(row)
    },
    async setSending(text, maySend, by) {
      const alias = parseStoreAddress(text)
      if (alias === undefined) return 'not-found'
      const { updateMaySend } = await import('./alias-writes.ts')
      return database.transact(async (tx) => {
        if (!(await updateMaySend(tx, alias, maySend))) return 'not-found'
        await writeAudit(tx, by, 'alias.changed', formatStoreAddress(alias), { maySend })
        return 'done'
      })
    },
    async remove(text, by) {
      const alias = parseStoreAddress(text)
      if (alias === undefined) return 'not-found'
      const { deleteAlias } = await import('./alias-writes.ts')
      return database.transact(async (tx) => {
        if (!(await deleteAlias(tx, alias))) return 'not-found'
        await writeAudit(tx, by, 'alias.removed', formatStoreAddress(alias))
        return 'done'
      })
    },
  }
}

const lockAliases = statement(
  'alias_lock',
  `SELECT FROM pg_advisory_xact_lock(hashtextextended('posthouse aliases', 0))`,
)

/** A target that is the alias itself, under an alias of its domain. */
async function selfAmong(
  tx: Transaction,
  { domain, localKey }: StoreAddress,
  targets: readonly StoreAddress[],
): Promise<string | undefined> {
  const same = await domainAliases(tx, domain)
  const self = targets.find((one) => one.localKey === localKey && same.has(one.domain))
  return self === undefined ? undefined : formatStoreAddress(self)
}

/** The circle in which mail for an alias would go, where it would go nowhere else. */
async function ringOf(
  tx: Transaction,
  { domain, localKey: key }: StoreAddress,
): Promise<readonly string[] | undefined> {
  const question = { domain, key, baseKey: key, detail: '' }
  const [reached] = await reachFrom((...what) => tx.query(...what), [question])
  if (reached === undefined || reached.isTooMany) return undefined
  const outcome = assemble(reached.hops, question)
  if (outcome.kind !== 'loop') return undefined
  return trailOf(`${key}@${domain}`, reached.hops, outcome).circles[0] ?? []
}

/** Undoes the transaction: an alias has to be there for its way to be followed. */
class NotMade extends Error {
  readonly refusal: AliasRefusal | undefined

  constructor(refusal: AliasRefusal | undefined) {
    super()
    this.refusal = refusal
  }
}

/** Equal targets become one. An alias that leads to itself alone would be a ring from the start. */
function check(text: string, targetTexts: readonly string[]): Checked {
  const alias = parseStoreAddress(text)
  if (alias === undefined) return { ok: false, reason: 'malformed' }
  if (targetTexts.length === 0) return { ok: false, reason: 'no-targets' }
  if (targetTexts.length > maxTargets) return { ok: false, reason: 'too-many' }
  const targets = new Map<string, StoreAddress>()
  for (const target of targetTexts) {
    const parsed = parseStoreAddress(target)
    if (parsed === undefined) return { ok: false, reason: 'malformed-target', target }
    if (parsed.domain === alias.domain && parsed.localKey === alias.localKey) {
      return { ok: false, reason: 'self', target }
    }
    const key = `${parsed.localKey}@${parsed.domain}`
    if (!targets.has(key)) targets.set(key, parsed)
  }
  return { ok: true, alias, targets: [...targets.values()] }
}

function aliasOf(row: Row): Alias {
  const targets = row.target_domains.map((domain, index) =>
    formatStoreAddress({ domain, localPart: row.target_local_parts[index] ?? '' }),
  )
  const { domain, local_part: localPart, created_at: createdAt, may_send: maySend } = row
  return { address: formatStoreAddress({ domain, localPart }), targets, maySend, createdAt }
}
