import {
  newUuid,
  type AccountId,
  type AccountSettings,
  type Pop3Beginning,
  type Pop3Holding,
  type Store,
} from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { limits } from './limits.ts'

/** How a session may begin: when it may, `leave` says that it is over. */
export type Beginning =
  | { readonly kind: 'begun'; leave(): Promise<void> }
  | Exclude<Pop3Beginning, { kind: 'begun' }>

interface Holding extends Pop3Holding {
  /** Called when the maildrop is another's. */
  readonly lost: () => void
}

/**
 * The maildrops that sessions of this process hold against all others (`pop3.sessions=one`), and the distance of sign-ins
 * (`pop3.login-delay`). Accounts that want neither cost nothing.
 */
export class MaildropHolds {
  readonly #store: Store
  readonly #log: Log
  readonly #held = new Set<Holding>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  /** Whether a session of the account may begin. Throws StoreUnavailable. */
  async begin(account: AccountId, settings: AccountSettings, lost: () => void): Promise<Beginning> {
    const isExclusive = settings['pop3.sessions'] === 'one'
    const delaySeconds = settings['pop3.login-delay']
    if (!isExclusive && delaySeconds === 0) return { kind: 'begun', leave: () => Promise.resolve() }
    const holding = { account, session: newUuid(), lost }
    const rules = { isExclusive, delaySeconds }
    const begun = await this.#store.pop3Sessions.begin(holding, rules)
    if (begun.kind !== 'begun') return begun
    if (isExclusive) this.#keep(holding)
    return { kind: 'begun', leave: () => this.#leave(holding) }
  }

  #keep(holding: Holding): void {
    this.#held.add(holding)
    this.#timer ??= setInterval(() => void this.#renew(), limits.renewMs).unref()
  }

  async #leave(holding: Holding): Promise<void> {
    if (!this.#held.delete(holding)) return
    if (this.#held.size === 0) this.#stop()
    try {
      await this.#store.pop3Sessions.end(holding)
    } catch (error) {
      // It ends by itself within a minute.
      this.#log.debug('pop3.hold.left', { because: String(error) })
    }
  }

  async #renew(): Promise<void> {
    const holdings = [...this.#held]
    try {
      const still = await this.#store.pop3Sessions.renew(holdings)
      for (const holding of holdings) {
        if (still.has(holding.session) || !this.#held.delete(holding)) continue
        this.#log.warn('pop3.hold.lost', { account: holding.account })
        holding.lost()
      }
    } catch (error) {
      this.#log.debug('pop3.hold.not-renewed', { because: String(error) })
    }
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
