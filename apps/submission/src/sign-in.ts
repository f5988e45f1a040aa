import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '@posthouse/config'
import { login, plain } from '@posthouse/sasl'
import {
  replies,
  type Authenticated,
  type Credentials,
  type SaslMechanism,
  type SmtpSession,
} from '@posthouse/smtp'
import type { Account, AccountId, Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { FailureDelay } from './failure-delay.ts'
import { rememberedAccounts } from './limits.ts'

/** Somebody who signed in. */
export interface User {
  readonly account: Account
  readonly signedInAt: number
}

/** PLAIN and LOGIN (RFC 4616; LOGIN is older than any RFC). */
export const mechanisms: readonly SaslMechanism[] = [
  { name: 'PLAIN', begin: plain },
  { name: 'LOGIN', begin: login },
]

/** Checks passwords, holds wrong ones back, and knows whose sign-in no longer counts. */
export class SignIn {
  readonly #store: Store
  readonly #log: Log
  readonly #delay = new FailureDelay()
  readonly #changedAt = new Map<AccountId, number>()
  readonly #stop: () => void

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
    this.#stop = store.onAccountChange((account) => this.#changed(account))
  }

  /** @throws StoreUnavailable: the store is away, which is no wrong password. */
  async authenticate(
    credentials: Credentials,
    session: SmtpSession<User>,
  ): Promise<Authenticated<User>> {
    const { authzid, login: name, password } = credentials
    // Nobody acts for somebody else (threat F6).
    const isOther = authzid !== '' && authzid.toLowerCase() !== name.toLowerCase()
    const signedInAt = performance.now()
    const found = await this.#store.accounts.authenticate(name, new Secret(password), {
      protocol: 'submission',
      address: session.remoteAddress,
    })
    if (found.ok && !isOther) {
      this.#delay.forgive(session.remoteAddress)
      this.#log.info('smtp.signed-in', { session: session.id, account: found.account.address })
      return { ok: true, user: { account: found.account, signedInAt } }
    }
    const reason = found.ok ? 'authzid' : found.reason
    const delayMs = this.#delay.fail(session.remoteAddress)
    this.#log.info('smtp.sign-in.refused', {
      session: session.id,
      remote: session.remoteAddress,
      login: name,
      reason,
      delayMs,
    })
    await sleep(delayMs, undefined, { signal: session.closed }).catch(() => undefined)
    return {
      ok: false,
      reply: reason === 'disabled' ? replies.disabledAccount : replies.badCredentials,
    }
  }

  /** False when the account was changed since: disabled, removed, or with another password. */
  stillCounts({ account, signedInAt }: User): boolean {
    return (this.#changedAt.get(account.id) ?? -Infinity) < signedInAt
  }

  /** Listens no more. */
  stop(): void {
    this.#stop()
  }

  #changed(account: AccountId): void {
    this.#changedAt.delete(account)
    this.#changedAt.set(account, performance.now())
    const [oldest] = this.#changedAt.keys()
    if (this.#changedAt.size > rememberedAccounts && oldest !== undefined) {
      this.#changedAt.delete(oldest)
    }
  }
}
