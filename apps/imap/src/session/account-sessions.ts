import type { AccountId } from '@posthouse/store'

/** Who is signed in to which account, in this process. */
export class AccountSessions {
  readonly #most: number
  readonly #sessions = new Map<AccountId, Set<() => void>>()

  constructor(most: number) {
    this.#most = most
  }

  /** Lets one more in, unless there are too many. `end` is called when its account no longer lets it stay. */
  enter(account: AccountId, end: () => void): boolean {
    const sessions = this.#sessions.get(account) ?? new Set()
    if (sessions.size >= this.#most) return false
    this.#sessions.set(account, sessions.add(end))
    return true
  }

  /** One has gone. */
  leave(account: AccountId, end: () => void): void {
    const sessions = this.#sessions.get(account)
    sessions?.delete(end)
    if (sessions?.size === 0) this.#sessions.delete(account)
  }

  /** The account was disabled or removed, or has another password: its sessions end. */
  endAll(account: AccountId): void {
    for (const end of this.#sessions.get(account) ?? []) end()
  }
}
