import { Secret } from '@posthouse/config'
import { dkimAlgorithms, type Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { generatePassword } from '../generate-password.ts'
import { keptPassword, writeFirstLogin } from '../up/first-start.ts'

/** What was made in the database; what was there before is left. */
export interface MadeObjects {
  readonly isDomainNew: boolean
  /** Keys that mail of the domain is signed with, made now. */
  readonly keys: readonly string[]
  /** The new mailbox's password; undefined where it was there. */
  readonly password: string | undefined
}

/** Makes domain, signature keys and mailbox, as far as they are missing. */
export async function makeFirstMailbox(
  store: Store,
  { domain, account }: { readonly domain: string; readonly account: string },
  dataDir: string,
): Promise<MadeObjects> {
  const by = commandLineActor()
  const isDomainNew = (await store.domains.create(domain, by)) === 'done'
  const keys: string[] = []
  if ((await store.dkimKeys.list(domain)).length === 0) {
    for (const algorithm of dkimAlgorithms) {
      const made = await store.dkimKeys.create(domain, { algorithm }, by)
      if (made.ok) keys.push(made.key.selector)
    }
  }
  if ((await store.accounts.show(account)) !== undefined) {
    return { isDomainNew, keys, password: undefined }
  }
  // Written down first: a setup that is cut short loses no password.
  const password = (await keptPassword(dataDir, account)) ?? generatePassword()
  await writeFirstLogin(dataDir, { address: account, password })
  const made = await store.accounts.create({ address: account, password: new Secret(password) }, by)
  if (!made.ok) {
    throw new CliError('failed', 'setup.account', `${account} cannot be made: ${made.reason}`)
  }
  return { isDomainNew, keys, password }
}
