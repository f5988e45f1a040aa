import type { Account, Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'

/** The account of this address, or the error that says there is none. */
export async function findAccount(store: Store, address: string): Promise<Account> {
  const account = await store.accounts.show(address)
  if (account !== undefined) return account
  const hint = 'posthouse account list'
  throw new CliError('notFound', 'account.not_found', `There is no account ${address}`, hint)
}
