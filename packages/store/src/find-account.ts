import type { Account } from './accounts.ts'
import { domainKey, formatStoreAddress, parseStoreAddress } from './address.ts'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { statement } from './statement.ts'
import { uuidFromBase32 } from './uuid-v7.ts'

/** A row of an account with its address. */
export interface AccountRow {
  readonly account_id: string
  readonly domain: string
  readonly local_part: string
  readonly name: string
  readonly password: string | null
  readonly disabled_at: Date | null
  readonly created_at: Date
  readonly epoch: number
  readonly keeps_receiving: boolean
  readonly is_domain_off: boolean
}

/** Of the account `a` with its address `d`. */
export const accountColumns = `a.account_id, d.domain, d.local_part, a.name, a.password, a.disabled_at, a.created_at, a.epoch,
    a.keeps_receiving, EXISTS (
      SELECT FROM domain z WHERE z.name = d.domain AND z.disabled_at IS NOT NULL) AS is_domain_off`
const columns = accountColumns
const from = 'FROM address d JOIN account a ON a.account_id = d.account_id'

const byAddress = statement<AccountRow>(
  'account_by_address',
  `SELECT ${columns} ${from} WHERE d.domain = $1 AND d.local_key = $2`,
)
const byId = statement<AccountRow>(
  'account_by_id',
  `SELECT ${columns} ${from} WHERE d.account_id = $1`,
)
const all = statement<AccountRow>(
  'account_list',
  `SELECT ${columns} ${from} WHERE $1::text IS NULL OR d.domain = $1 ORDER BY d.domain, d.local_key`,
)

/** An account with what only the login may see. */
export interface FoundAccount {
  readonly account: Account
  /** PHC string; undefined while none is set. */
  readonly passwordHash: string | undefined
  /** Grows when its sessions must end. */
  readonly epoch: number
}

/** By address, compared as DESIGN says. */
export async function findByAddress(
  database: Database,
  text: string,
): Promise<FoundAccount | undefined> {
  const parsed = parseStoreAddress(text)
  if (parsed === undefined) return undefined
  const [row] = await database.read(byAddress, [parsed.domain, parsed.localKey])
  return row === undefined ? undefined : found(row)
}

/** By id, as UUID or as people see it. */
export async function findById(
  database: Database,
  text: string,
): Promise<FoundAccount | undefined> {
  const id = uuidFromBase32(text)
  if (id === undefined) return undefined
  const [row] = await database.read(byId, [id])
  return row === undefined ? undefined : found(row)
}

/** All accounts, or those of one domain. */
export async function listAccounts(
  database: Database,
  domain: string | undefined,
): Promise<readonly Account[]> {
  const name = domain === undefined ? null : (domainKey(domain) ?? '')
  const rows = await database.query(all, [name])
  return rows.map((row) => found(row).account)
}

/** An account's row as an object. */
export function found(row: AccountRow): FoundAccount {
  const id: AccountId = accountId(row.account_id)
  const account: Account = {
    id,
    address: formatStoreAddress({ domain: row.domain, localPart: row.local_part }),
    name: row.name,
    isDisabled: row.disabled_at !== null,
    keepsReceiving: row.disabled_at !== null && row.keeps_receiving,
    isDomainDisabled: row.is_domain_off,
    hasPassword: row.password !== null,
    createdAt: row.created_at,
  }
  return { account, passwordHash: row.password ?? undefined, epoch: row.epoch }
}
