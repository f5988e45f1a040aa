import type { Secret } from '@posthouse/config'

import { accountChannel } from './account-channel.ts'
import type {
  Account,
  AccountRefusal,
  AccountRename,
  Accounts,
  Authentication,
  LoginContext,
  LoginObstacle,
  NewAccount,
  RemovedAccount,
  RenameOptions,
} from './accounts.ts'
import { formatStoreAddress, parseStoreAddress } from './address.ts'
import type { AppPasswordLookup } from './app-password-lookup.ts'
import { readToken } from './app-password-token.ts'
import type { Actor, Rehearsal } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { isDomainAlias } from './domain-hold.ts'
import { examineLogin } from './examine-login.ts'
import { findByAddress, findById, listAccounts } from './find-account.ts'
import { lapsedGrants, type Grant } from './grants.ts'
import { accountId, type AccountId } from './ids.ts'
import { LoginDesk } from './login-desk.ts'
import type { LoginLimits } from './login-limits.ts'
import { createDefaultMailboxes, retireAccountMailboxes } from './new-mailbox.ts'
import { maxPasswordOctets, Passwords } from './passwords.ts'
import {
  findRemovedAccount,
  listRemovedAccounts,
  removeAccount,
  restoreAccount,
} from './removed-accounts.ts'
import { renameAccount } from './rename-account.ts'
import { statement, type Transaction } from './statement.ts'
import type { StoreLog } from './store-log.ts'
import { sqlState } from './unavailable.ts'
import { newUuid } from './uuid-v7.ts'

const countAll = statement<{ readonly n: number }>(
  'account_count',
  'SELECT count(*) AS n FROM address WHERE account_id IS NOT NULL',
)

/** Accounts over one database. */
export class AccountAdmin implements Accounts {
  readonly #database: Database
  readonly #passwords = new Passwords()
  readonly #desk: LoginDesk
  readonly #appPasswords: AppPasswordLookup
  readonly #limits: LoginLimits

  constructor(
    database: Database,
    log: StoreLog,
    appPasswords: AppPasswordLookup,
    limits: LoginLimits,
  ) {
    this.#database = database
    this.#appPasswords = appPasswords
    this.#limits = limits
    this.#desk = new LoginDesk(database, log, this.#passwords, appPasswords, limits)
  }

  authenticate(login: string, password: Secret, context: LoginContext): Promise<Authentication> {
    return this.#desk.authenticate(login, password, context)
  }

  examine(
    login: string,
    password: Secret,
    context: LoginContext,
  ): Promise<LoginObstacle | undefined> {
    const lookup = this.#appPasswords
    const services = { database: this.#database, passwords: this.#passwords, lookup }
    return examineLogin({ ...services, limits: this.#limits }, login, password, context)
  }

  lapsed(grants: readonly Grant[]): Promise<readonly Grant[]> {
    return lapsedGrants(this.#database, grants)
  }

  async create(
    { address, name = '', password }: NewAccount,
    by: Actor,
    { isRehearsal = false }: Rehearsal = {},
  ): Promise<
    | { readonly ok: true; readonly account: Account }
    | { readonly ok: false; readonly reason: AccountRefusal }
  > {
    const parsed = parseStoreAddress(address)
    if (parsed === undefined || name.includes('\0')) return { ok: false, reason: 'malformed' }
    if (password !== undefined && isWeak(password)) return { ok: false, reason: 'weak' }
    const hash = password === undefined ? null : await this.#passwords.hash(password.reveal())
    const id = accountId(newUuid())
    const { insertAccount } = await import('./account-writes.ts')
    try {
      await this.#database.transact(async (tx) => {
        if (await isDomainAlias(tx, parsed.domain)) throw new NoAddress('domain-alias')
        if (!(await insertAccount(tx, id, parsed, { name, password: hash })))
          throw new NoAddress('exists')
        await createDefaultMailboxes(tx, id)
        await writeAudit(tx, by, 'account.created', formatStoreAddress(parsed))
        if (isRehearsal) throw new Rehearsed()
      })
    } catch (error) {
      if (error instanceof NoAddress) return { ok: false, reason: error.reason }
      if (sqlState(error) === '23503') return { ok: false, reason: 'unknown-domain' }
      if (!(error instanceof Rehearsed)) throw error
    }
    const account: Account = {
      id,
      address: formatStoreAddress(parsed),
      name,
      isDisabled: false,
      keepsReceiving: false,
      isDomainDisabled: false,
      hasPassword: hash !== null,
      createdAt: new Date(),
    }
    return { ok: true, account }
  }

  list(filter: { readonly domain?: string } = {}): Promise<readonly Account[]> {
    return listAccounts(this.#database, filter.domain)
  }

  async show(addressOrId: string): Promise<Account | undefined> {
    const found = addressOrId.includes('@')
      ? await findByAddress(this.#database, addressOrId)
      : await findById(this.#database, addressOrId)
    return found?.account
  }

  async setPassword(
    address: string,
    password: Secret,
    by: Actor,
  ): Promise<'done' | 'not-found' | 'weak'> {
    if (isWeak(password)) return 'weak'
    const hash = await this.#passwords.hash(password.reveal())
    const { updatePassword } = await import('./account-writes.ts')
    return this.#change(address, by, 'account.password-set', (tx, id) =>
      updatePassword(tx, id, hash),
    )
  }

  async setEnabled(
    address: string,
    isEnabled: boolean,
    by: Actor,
    { keepsReceiving = false }: { readonly keepsReceiving?: boolean } = {},
  ): Promise<'done' | 'not-found'> {
    const { updateEnabled } = await import('./account-writes.ts')
    const action = isEnabled ? 'account.enabled' : 'account.disabled'
    const details = keepsReceiving && !isEnabled ? { keepsReceiving } : {}
    return this.#change(
      address,
      by,
      action,
      (tx, id) => updateEnabled(tx, id, isEnabled, keepsReceiving),
      details,
    )
  }

  rename(
    address: string,
    to: string,
    by: Actor,
    options: RenameOptions = {},
  ): Promise<AccountRename> {
    return renameAccount(this.#database, address, to, by, options)
  }

  async remove(address: string, by: Actor): Promise<'done' | 'not-found'> {
    return this.#change(address, by, 'account.removed', async (tx, id) => {
      if (await removeAccount(tx, id)) await retireAccountMailboxes(tx, id)
    })
  }

  removed(): Promise<readonly RemovedAccount[]> {
    return listRemovedAccounts(this.#database)
  }

  async restore(
    address: string,
    by: Actor,
  ): Promise<'done' | 'not-found' | 'exists' | 'unknown-domain' | 'domain-alias'> {
    const parsed = parseStoreAddress(address)
    if (parsed === undefined) return 'not-found'
    try {
      return await this.#database.transact(async (tx) => {
        const removed = await findRemovedAccount(tx, parsed)
        if (removed === undefined) return 'not-found'
        if (await isDomainAlias(tx, parsed.domain)) return 'domain-alias'
        if (!(await restoreAccount(tx, removed.id))) throw new NoAddress('exists')
        await writeAudit(tx, by, 'account.restored', removed.address)
        tx.notify(accountChannel, removed.id)
        return 'done'
      })
    } catch (error) {
      if (error instanceof NoAddress) return error.reason
      if (sqlState(error) === '23503') return 'unknown-domain'
      throw error
    }
  }

  async count(): Promise<number> {
    const [row] = await this.#database.query(countAll)
    return row?.n ?? 0
  }

  async #change(
    address: string,
    by: Actor,
    action: string,
    work: (tx: Transaction, id: AccountId) => Promise<void>,
    details: Record<string, unknown> = {},
  ): Promise<'done' | 'not-found'> {
    const known = await findByAddress(this.#database, address)
    if (known === undefined) return 'not-found'
    const { account } = known
    await this.#database.transact(async (tx) => {
      await work(tx, account.id)
      await writeAudit(tx, by, action, account.address, details)
      tx.notify(accountChannel, account.id)
    })
    return 'done'
  }
}

/** Undoes the transaction: the account's row was written before its address turned out not to be free. */
class NoAddress extends Error {
  readonly reason: 'exists' | 'domain-alias'

  constructor(reason: 'exists' | 'domain-alias') {
    super()
    this.reason = reason
  }
}

/** Undoes a transaction that went well. */
class Rehearsed extends Error {}

function isWeak(password: Secret): boolean {
  const octets = Buffer.byteLength(password.reveal())
  // What is read as an app password would never be compared with this one.
  return octets === 0 || octets > maxPasswordOctets || readToken(password.reveal()) !== undefined
}
