import type { AccountId } from '@posthouse/store'

/** Who is signed in to which account in this process: how many, and how to end them. */
export class AccountSessions {
  readonly #most: number
  readonly #sessions = new Map<AccountId, Set<() => void>>()

  /** @param most sessions of one account at a time */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * Takes a place and says how to give it back; undefined when there is none. `end` is called when
   * the account no longer lets the session stay.
   */
  enter(account: AccountId, end: () => void): (() => void) | undefined {
    const sessions = this.#sessions.get(account) ?? new Set()
    if (sessions.size >= this.#most) return undefined
    // A function of its own: one session could enter with the same `end` twice.
    const own = () => end()
    this.#sessions.set(account, sessions.add(own))
    return () => this.#leave(account, own)
  }

  /** The account was disabled or removed, or has another password: its sessions end. */
  endAll(account: AccountId): void {
    for (const end of Array.from(this.#sessions.get(account) ?? [])) end()
  }

  #leave(account: AccountId, own: () => void): void {
    const sessions = this.#sessions.get(account)
    sessions?.delete(own)
    if (sessions?.size === 0) this.#sessions.delete(account)
  }
}
