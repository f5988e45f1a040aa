import { Secret } from '@posthouse/config/secret'

import type { AppPasswordLookup } from './app-password-lookup.ts'
import { formatToken, newTokenSecret } from './app-password-token.ts'
import {
  appPasswordProtocols,
  type AppPassword,
  type AppPasswordRefusal,
  type NewAppPassword,
} from './app-passwords.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { AccountId } from './ids.ts'
import { tupleStatement, type Transaction } from './statement.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'

/** Of one account: more is a program that makes them, and lists that nobody reads. */
const mostPerAccount = 100
const longestName = 100

const count = tupleStatement<readonly [number]>(
  'app_password_count',
  'SELECT count(*)::integer FROM app_password WHERE account_id = $1',
)

/** What is wrong with a request, whosever it is. */
export function fault({
  name,
  protocols,
  expiresAt,
}: NewAppPassword): AppPasswordRefusal | undefined {
  const text = name.trim()
  // eslint-disable-next-line no-control-regex
  const isName = /^[^\u0000-\u001f\u007f-\u009f]+$/.test(text) && text.isWellFormed()
  if (!isName || text.length > longestName) return 'name'
  if (protocols?.length === 0) return 'protocols'
  return expiresAt !== undefined && expiresAt.getTime() <= Date.now() ? 'expired' : undefined
}

/** An app password with its secret, or why there is none. */
export type MadeAppPassword =
  | { readonly ok: true; readonly appPassword: AppPassword; readonly secret: Secret }
  | { readonly ok: false; readonly reason: AppPasswordRefusal }

/** Makes an app password of this account's. */
export async function makeAppPassword(
  tx: Transaction,
  lookup: AppPasswordLookup,
  account: { readonly id: AccountId; readonly address: string },
  request: NewAppPassword,
  by: Actor,
): Promise<MadeAppPassword> {
  const wrong = fault(request)
  if (wrong !== undefined) return { ok: false, reason: wrong }
  const [others] = await tx.query(count, [account.id])
  if ((others?.[0] ?? 0) >= mostPerAccount) return { ok: false, reason: 'too-many' }
  const secret = newTokenSecret()
  const id = newUuid()
  const name = request.name.normalize('NFC').trim()
  const protocols = appPasswordProtocols.filter(
    (one) => request.protocols === undefined || request.protocols.includes(one),
  )
  const { expiresAt } = request
  const hash = await lookup.hash(secret)
  const { insertAppPassword } = await import('./app-password-writes.ts')
  const row = { id, accountId: account.id, name, hash, protocols, expiresAt: expiresAt ?? null }
  await insertAppPassword(tx, row)
  const details = { id: uuidToBase32(id), name, protocols, expiresAt: expiresAt ?? null }
  await writeAudit(tx, by, 'app-password.created', account.address, details)
  const appPassword: AppPassword = {
    id: uuidToBase32(id),
    account: account.address,
    name,
    protocols,
    createdAt: new Date(),
    expiresAt,
    lastUse: undefined,
  }
  return { ok: true, appPassword, secret: new Secret(formatToken(secret)) }
}
