import { accountChannel, everyAccount } from './account-channel.ts'
import { domainKey, formatStoreAddress, parseStoreAddress, type StoreAddress } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Actor, Rehearsal } from './audit.ts'
import type { Database } from './database.ts'
import { addDomainAlias, removeDomainAlias, type DomainDesk } from './domain-alias-admin.ts'
import { ownDomain } from './domain-hold.ts'
import type { DomainStates } from './domain-states.ts'
import type { CatchAll, Domain, DomainChange, Domains } from './domains.ts'
import { statement, type Transaction } from './statement.ts'
import { sqlState } from './unavailable.ts'

interface Row {
  readonly name: string
  readonly created_at: Date
  readonly accounts: number
  readonly aliases: number
  readonly disabled_at: Date | null
  readonly alias_of: string | null
  readonly domain_aliases: readonly string[]
  readonly catchall_domain: string | null
  readonly catchall_local_part: string | null
  readonly catchall_may_send: boolean
}

const select = statement<Row>(
  'domain_list',
  `SELECT d.name, d.created_at, d.disabled_at, d.alias_of, d.catchall_domain, d.catchall_local_part, d.catchall_may_send,
    count(a.account_id) AS accounts,
    count(a.domain) FILTER (WHERE a.account_id IS NULL) AS aliases,
    ARRAY(SELECT o.name FROM domain o WHERE o.alias_of = d.name ORDER BY o.name) AS domain_aliases
  FROM domain d LEFT JOIN address a ON a.domain = d.name
  WHERE $1::text IS NULL OR d.name = $1
  GROUP BY d.name ORDER BY d.name`,
)

/** Domains over one database. */
export function domainAdmin(database: Database, states: Pick<DomainStates, 'tell'>): Domains {
  return {
    async create(text, by, { catchAll, isRehearsal = false } = {}) {
      const name = domainKey(text)
      if (name === undefined) return 'malformed'
      const { insertDomain } = await import('./domain-writes.ts')
      return undone(
        database.transact(async (tx) => {
          if (!(await insertDomain(tx, name))) return 'exists'
          states.tell(tx)
          const details = catchAll === undefined ? {} : { catchAll }
          await writeAudit(tx, by, 'domain.created', name, details)
          const isSet = catchAll === undefined || (await setCatchAll(tx, name, catchAll))
          if (!isSet) throw new Undone('unknown-target')
          if (isRehearsal) throw new Undone('done')
          return 'done'
        }),
      )
    },
    async list() {
      return (await database.query(select, [null])).map(domainOf)
    },
    async show(text) {
      const name = domainKey(text)
      if (name === undefined) return undefined
      const [row] = await database.query(select, [name])
      return row === undefined ? undefined : domainOf(row)
    },
    change: (text, change, by, options) =>
      changeDomain({ database, states }, text, change, by, options),
    async setEnabled(text, isEnabled, by) {
      const name = domainKey(text)
      if (name === undefined) return 'not-found'
      const { updateDomainEnabled } = await import('./domain-writes.ts')
      return database.transact(async (tx) => {
        if (!(await updateDomainEnabled(tx, name, isEnabled))) return 'not-found'
        await writeAudit(tx, by, isEnabled ? 'domain.enabled' : 'domain.disabled', name)
        states.tell(tx)
        if (!isEnabled) tx.notify(accountChannel, everyAccount)
        return 'done'
      })
    },
    addAlias: (name, of, by, options) =>
      addDomainAlias({ database, states }, name, of, by, options),
    removeAlias: (name, of, by) => removeDomainAlias({ database, states }, name, of, by),
    async remove(text, by) {
      const name = domainKey(text)
      if (name === undefined) return 'not-found'
      const { deleteDomain } = await import('./domain-writes.ts')
      try {
        return await database.transact(async (tx) => {
          const outcome = await deleteDomain(tx, name)
          if (outcome !== 'done') return outcome
          states.tell(tx)
          await writeAudit(tx, by, 'domain.removed', name)
          return outcome
        })
      } catch (error) {
        // One that became an alias of it meanwhile.
        if (sqlState(error) === '23503') return 'has-aliases'
        throw error
      }
    },
  }
}

async function changeDomain(
  { database, states }: DomainDesk,
  text: string,
  { catchAll, catchAllMaySend }: DomainChange,
  by: Actor,
  { isRehearsal = false }: Rehearsal = {},
): Promise<'done' | 'not-found' | 'unknown-target' | 'alias'> {
  const name = domainKey(text)
  if (name === undefined) return 'not-found'
  const { lockDomain, updateCatchAllSending } = await import('./domain-writes.ts')
  const work = database.transact(async (tx) => {
    // In the order of their names, as everybody locks domains.
    const other = parseStoreAddress(catchAll?.address ?? '')?.domain
    if (other !== undefined && other < name) await ownDomain(tx, other)
    const found = await lockDomain(tx, name)
    if (found === undefined) return 'not-found'
    if (found.aliasOf !== null) return 'alias'
    if (catchAll !== undefined && !(await setCatchAll(tx, name, catchAll.address))) {
      return 'unknown-target'
    }
    if (catchAllMaySend !== undefined) await updateCatchAllSending(tx, name, catchAllMaySend)
    const details = {
      ...(catchAll !== undefined && { catchAll: catchAll.address ?? null }),
      ...(catchAllMaySend !== undefined && { catchAllMaySend }),
    }
    states.tell(tx)
    await writeAudit(tx, by, 'domain.changed', name, details)
    if (isRehearsal) throw new Undone('done')
    return 'done'
  })
  return await undone(work)
}

/** False where nobody has the address. It may be taken away later: mail then finds nobody, and is refused. */
async function setCatchAll(
  tx: Transaction,
  name: string,
  text: string | undefined,
): Promise<boolean> {
  const { isTaken, updateCatchAll } = await import('./domain-writes.ts')
  let target: StoreAddress | undefined
  if (text !== undefined) {
    const parsed = parseStoreAddress(text)
    if (parsed === undefined) return false
    target = { ...parsed, domain: await ownDomain(tx, parsed.domain) }
    if (!(await isTaken(tx, target))) return false
  }
  await updateCatchAll(tx, name, target)
  return true
}

/** Undoes the transaction: what would have come of it. */
class Undone extends Error {
  readonly outcome: 'done' | 'unknown-target'

  constructor(outcome: 'done' | 'unknown-target') {
    super()
    this.outcome = outcome
  }
}

async function undone<T>(work: Promise<T>): Promise<T | Undone['outcome']> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Undone) return error.outcome
    throw error
  }
}

function domainOf(row: Row): Domain {
  return {
    name: row.name,
    createdAt: row.created_at,
    accounts: row.accounts,
    aliases: row.aliases,
    isDisabled: row.disabled_at !== null,
    aliasOf: row.alias_of ?? undefined,
    domainAliases: row.domain_aliases,
    catchAll: catchAllOf(row),
  }
}

function catchAllOf(row: Row): CatchAll | undefined {
  const { catchall_domain: domain, catchall_local_part: localPart } = row
  if (domain === null || localPart === null) return undefined
  return { address: formatStoreAddress({ domain, localPart }), maySend: row.catchall_may_send }
}
