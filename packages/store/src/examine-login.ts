import type { Secret } from '@posthouse/config'

import type { LoginContext, LoginObstacle } from './accounts.ts'
import type { AppPasswordLookup, HeldAppPassword } from './app-password-lookup.ts'
import { readToken } from './app-password-token.ts'
import { clientNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import type { LoginLimits } from './login-limits.ts'
import { loginName } from './login-name.ts'
import { lookAtLogin, type LoginSight } from './login-record.ts'
import type { Passwords } from './passwords.ts'

/** What an examination needs of the store. */
export interface ExaminationServices {
  readonly database: Database
  readonly passwords: Passwords
  readonly lookup: AppPasswordLookup
  readonly limits: LoginLimits
}

/**
 * What is in the way of a sign-in, for an operator who looks for the cause: the same questions in the same order, and nothing is
 * counted, remembered or recorded. Failures of others are not asked about: they hold elsewhere, and now.
 * @returns nothing where it would work
 */
export async function examineLogin(
  { database, passwords, lookup, limits }: ExaminationServices,
  login: string,
  password: Secret,
  { protocol, address }: LoginContext,
): Promise<LoginObstacle | undefined> {
  const name = loginName(login)
  const sight = await lookAtLogin(database, name, clientNetwork(address), limits)
  if (sight.found === undefined) return 'name'
  const secret = password.reveal()
  const token = readToken(secret)
  if (token !== undefined) {
    const held = await lookup.find(token)
    return obstacleOf(held, sight, protocol) ?? barOf(sight)
  }
  const check = { stored: sight.found.passwordHash, password: secret, name: sight.key }
  const outcome = await passwords.verify(check)
  return outcome === 'right' ? barOf(sight) : 'password'
}

/** Why an app password does not open this account. */
export function obstacleOf(
  held: HeldAppPassword | undefined,
  { found }: LoginSight,
  protocol: LoginContext['protocol'],
): LoginObstacle | undefined {
  if (held === undefined || held.account !== found?.account.id) return 'app-password'
  if (held.isExpired) return 'expired'
  return protocol !== 'cli' && !held.protocols.includes(protocol) ? 'protocol' : undefined
}

/** What keeps out even the owner with the right password. */
export function barOf({ found, isDomainOff }: LoginSight): LoginObstacle | undefined {
  if (found?.account.isDisabled === true) return 'disabled'
  return isDomainOff ? 'domain-disabled' : undefined
}
