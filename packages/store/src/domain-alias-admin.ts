import { domainKey, formatStoreAddress } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Actor, Rehearsal } from './audit.ts'
import type { Database } from './database.ts'
import type { DomainStates } from './domain-states.ts'
import type { DomainAliasRefusal } from './domains.ts'
import { statement, type Transaction } from './statement.ts'
import { sqlState } from './unavailable.ts'

/** Where domains stand, and whom their changes are told to. */
export interface DomainDesk {
  readonly database: Database
  readonly states: Pick<DomainStates, 'tell'>
}

type Outcome = { readonly ok: true } | ({ readonly ok: false } & DomainAliasRefusal)

/** Aliases of $2 whose one target is the same address of $1. Longer rings end when mail comes. */
const selfLeading = statement<{ readonly domain: string; readonly local_part: string }>(
  'domain_alias_rings',
  `SELECT a.domain, a.local_part FROM address a
  JOIN alias_target t ON t.domain = a.domain AND t.local_key = a.local_key
  WHERE a.domain = $2 AND a.account_id IS NULL
  GROUP BY a.domain, a.local_key
  HAVING bool_and(t.target_domain = $1 AND t.target_key = a.local_key)
  ORDER BY a.local_key LIMIT 100`,
)

/** See `Domains.addAlias`. */
export async function addDomainAlias(
  { database, states }: DomainDesk,
  text: string,
  ofText: string,
  by: Actor,
  { isRehearsal = false }: Rehearsal = {},
): Promise<Outcome> {
  const name = domainKey(text)
  const of = domainKey(ofText)
  if (name === undefined || of === undefined) return refused('malformed')
  if (name === of) return refused('self')
  try {
    return await database.transact(async (tx) => {
      const outcome = await writeAlias(tx, name, of)
      if (!outcome.ok || isRehearsal) throw new NotDone(outcome)
      states.tell(tx)
      await writeAudit(tx, by, 'domain.alias-added', name, { of })
      return outcome
    })
  } catch (error) {
    if (error instanceof NotDone) return error.outcome
    // The other one was removed meanwhile.
    if (sqlState(error) === '23503') return refused('unknown-domain')
    throw error
  }
}

/** See `Domains.removeAlias`. */
export async function removeDomainAlias(
  { database, states }: DomainDesk,
  text: string,
  ofText: string,
  by: Actor,
): Promise<'done' | 'not-found'> {
  const name = domainKey(text)
  const of = domainKey(ofText)
  if (name === undefined || of === undefined) return 'not-found'
  const { lockDomain, updateAliasOf } = await import('./domain-writes.ts')
  return await database.transact(async (tx) => {
    const found = await lockDomain(tx, name)
    if (found?.aliasOf !== of) return 'not-found'
    await updateAliasOf(tx, name, undefined)
    states.tell(tx)
    await writeAudit(tx, by, 'domain.alias-removed', name, { of })
    return 'done'
  })
}

/**
 * Both rows are locked, in the order of their names: neither can become an alias, get addresses, or go meanwhile.
 */
async function writeAlias(tx: Transaction, name: string, of: string): Promise<Outcome> {
  const { hasAddresses, insertDomain, lockDomain, updateAliasOf } =
    await import('./domain-writes.ts')
  await insertDomain(tx, name)
  for (const each of [name, of].toSorted()) await lockDomain(tx, each)
  const other = await lockDomain(tx, of)
  const own = await lockDomain(tx, name)
  if (other === undefined || own === undefined) return refused('unknown-domain')
  if (own.aliasOf === of) return refused('exists')
  if (own.aliasOf !== null) return { ok: false, reason: 'taken', aliasOf: own.aliasOf }
  if (other.aliasOf !== null || own.isAliased) return refused('chained')
  if (own.hasCatchAll || (await hasAddresses(tx, name))) return refused('not-empty')
  const rings = await tx.query(selfLeading, [name, of])
  if (rings.length > 0) {
    const addresses = rings.map(({ domain, local_part: localPart }) =>
      formatStoreAddress({ domain, localPart }),
    )
    return { ok: false, reason: 'ring', addresses }
  }
  await updateAliasOf(tx, name, of)
  return { ok: true }
}

function refused(reason: Exclude<DomainAliasRefusal['reason'], 'taken' | 'ring'>): Outcome {
  return { ok: false, reason }
}

/** Undoes the transaction: the domain may have been made in it. */
class NotDone extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super()
    this.outcome = outcome
  }
}
