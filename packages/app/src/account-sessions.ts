import type { AccountId, Grant } from '@posthouse/store'
import type { Places } from './places.ts'

interface Session {
  readonly grant: Grant
  readonly end: () => void
}

/** Who is signed in to which account in this process: how many, by what, and how to end them. */
export class AccountSessions {
  readonly #most: number
  readonly #places: Places | undefined
  readonly #sessions = new Map<AccountId, Set<Session>>()

  /**
   * @param most sessions of one account at a time
   * @param places where the app's other processes are asked, if there are any
   */
  constructor(most: number, places?: Places) {
    this.#most = most
    this.#places = places
  }

  /** Like `enter`, the sessions in all processes of the app counted. */
  async enterAll(grant: Grant, end: () => void): Promise<(() => void) | undefined> {
    const leave = this.enter(grant, end)
    if (leave === undefined || this.#places === undefined) return leave
    const want = { key: `account ${grant.account}`, most: this.#most }
    const give = await this.#places.take([want])
    if (give !== undefined) {
      return () => {
        leave()
        give()
      }
    }
    leave()
    return undefined
  }

  /**
   * Takes a place among this process's sessions and says how to give it back; undefined when there is none. `end` is called when
   * what the session was opened by holds no longer.
   */
  enter(grant: Grant, end: () => void): (() => void) | undefined {
    const sessions = this.#sessions.get(grant.account) ?? new Set()
    if (sessions.size >= this.#most) return undefined
    const session = { grant, end }
    this.#sessions.set(grant.account, sessions.add(session))
    return () => this.#leave(session)
  }

  /** What is signed in by, each once: of all accounts, or of one. */
  grants(account?: AccountId): readonly Grant[] {
    const sets = account === undefined ? this.#sessions.values() : [this.#sessions.get(account)]
    const grants = new Map<string, Grant>()
    for (const set of sets) {
      for (const { grant } of set ?? []) grants.set(keyOf(grant), grant)
    }
    return [...grants.values()]
  }

  /** Ends the sessions that were opened by these. */
  end(lapsed: readonly Grant[]): void {
    for (const grant of lapsed) {
      const key = keyOf(grant)
      for (const session of Array.from(this.#sessions.get(grant.account) ?? [])) {
        if (keyOf(session.grant) === key) session.end()
      }
    }
  }

  #leave(session: Session): void {
    const { account } = session.grant
    const sessions = this.#sessions.get(account)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#sessions.delete(account)
  }
}

function keyOf({ account, epoch, appPassword = '' }: Grant): string {
  return `${account} ${epoch} ${appPassword}`
}
