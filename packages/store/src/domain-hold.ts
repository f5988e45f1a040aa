import { tupleStatement, type Queries, type Transaction } from './statement.ts'

/** The lock that an address's foreign key takes anyhow, before the address is there. */
const hold = tupleStatement<readonly [aliasOf: string | null]>(
  'domain_hold',
  'SELECT alias_of FROM domain WHERE name = $1 FOR KEY SHARE',
)

/**
 * Whether a domain is an alias of another, and so cannot have addresses of its own. It stays as it is until the transaction is
 * over. False also where it is not there, which the address's foreign key refuses.
 */
export async function isDomainAlias(tx: Transaction, name: string): Promise<boolean> {
  return (await ownDomain(tx, name)) !== name
}

/** The domain in which addresses of a domain stand: the one that it is an alias of, or itself. Held like `isDomainAlias`. */
export async function ownDomain(tx: Transaction, name: string): Promise<string> {
  const [row] = await tx.query(hold, [name])
  return row?.[0] ?? name
}

const aliasesOf = tupleStatement<readonly [name: string]>(
  'domain_aliases_of',
  'SELECT name FROM domain WHERE alias_of = $1',
)

/** The domains that are aliases of one. */
export async function domainAliases(
  queries: Pick<Queries, 'query'>,
  name: string,
): Promise<ReadonlySet<string>> {
  const rows = await queries.query(aliasesOf, [name])
  return new Set(rows.map(([alias]) => alias))
}
