import type { Account, Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'

/** The account of this address, or the error that says there is none. */
export async function findAccount(store: Store, address: string): Promise<Account> {
  const account = await store.accounts.show(address)
  if (account !== undefined) return account
  const found = await store.resolve(address)
  // A tag, or an alias of its domain: whoever administers it may well think that it is the account's address.
  const message =
    found.kind === 'local'
      ? `There is no account ${address}: it is an address of ${found.account.address}`
      : `There is no account ${address}`
  throw new CliError('notFound', 'account.not_found', message, 'posthouse account list')
}
