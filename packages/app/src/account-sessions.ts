import { accountId, type AccountId, type Grant } from '@posthouse/store'
import type { Control } from './control/control.ts'
import type { Kicked, SessionFacts, SessionProtocol } from './control/requests.ts'
import { goodbyeMs } from './limits.ts'
import type { Places } from './places.ts'

/** Why a session is to end although its client did nothing: what it was opened by holds no longer, or somebody said so. */
export type WhyOver = 'changed' | 'kicked'

/** What a session says of itself: the rest is known here. */
export type SessionWords = Pick<
  SessionFacts,
  'id' | 'address' | 'client' | 'tls' | 'program' | 'state'
>

/** A session, as it is held here. */
export interface HeldSession {
  /** Asks it to end with its protocol's goodbye, once the command at hand is done. */
  end(why: WhyOver): void
  /** Ends it at once. */
  cut(): void
  /** What is to be told of it at this moment. */
  tell(): SessionWords
}

interface Held {
  readonly grant: Grant
  readonly session: HeldSession
  readonly since: Date
  /** Kept when it has left. */
  readonly left: PromiseWithResolvers<void>
}

/** Who is signed in to which account in this process: how many, by what, and how to end them. */
export class AccountSessions {
  readonly #protocol: SessionProtocol
  readonly #most: number
  readonly #places: Places | undefined
  readonly #goodbyeMs: number
  readonly #sessions = new Map<AccountId, Set<Held>>()

  /**
   * @param most sessions of one account at a time
   * @param places where the app's other processes are asked, if there are any
   * @param patienceMs how long a session that is to end may take for it
   */
  constructor(protocol: SessionProtocol, most: number, places?: Places, patienceMs = goodbyeMs) {
    this.#protocol = protocol
    this.#most = most
    this.#places = places
    this.#goodbyeMs = patienceMs
  }

  /** Like `enter`, the sessions in all processes of the app counted. */
  async enterAll(grant: Grant, session: HeldSession): Promise<(() => void) | undefined> {
    const leave = this.enter(grant, session)
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
   * Takes a place among this process's sessions and says how to give it back; undefined when there is none. The session is ended
   * when what it was opened by holds no longer.
   */
  enter(grant: Grant, session: HeldSession): (() => void) | undefined {
    const sessions = this.#sessions.get(grant.account) ?? new Set()
    if (sessions.size >= this.#most) return undefined
    const held = { grant, session, since: new Date(), left: Promise.withResolvers<void>() }
    this.#sessions.set(grant.account, sessions.add(held))
    return () => this.#leave(held)
  }

  /** What is signed in by, each once: of all accounts, or of one. */
  grants(account?: AccountId): readonly Grant[] {
    const grants = new Map<string, Grant>()
    for (const { grant } of this.#held(account)) grants.set(keyOf(grant), grant)
    return [...grants.values()]
  }

  /** Who is here: of all accounts, or of one. */
  facts(account?: AccountId): readonly SessionFacts[] {
    return this.#held(account).map(({ grant, session, since }) => ({
      ...session.tell(),
      protocol: this.#protocol,
      account: grant.account,
      since: since.toISOString(),
      appPassword: grant.appPassword ?? null,
    }))
  }

  /** Ends the sessions that were opened by these. */
  end(lapsed: readonly Grant[]): void {
    for (const grant of lapsed) {
      const key = keyOf(grant)
      for (const held of this.#held(grant.account)) {
        if (keyOf(held.grant) === key) void this.#dismiss(held, 'changed')
      }
    }
  }

  /** Ends the sessions of an account, and waits for it. */
  async kick(account: AccountId): Promise<Kicked> {
    const ends = this.#held(account).map((held) => this.#dismiss(held, 'kicked'))
    const outcomes = await Promise.all(ends)
    const cut = outcomes.filter((outcome) => outcome === 'cut').length
    return { ended: outcomes.length - cut, cut }
  }

  /** Makes the running suite hear of these sessions, and end them. */
  answerAt(control: Control | undefined): void {
    control?.handle('sessions', ({ account }) =>
      this.facts(account === undefined ? undefined : accountId(account)),
    )
    control?.handle('kick', ({ account, protocol }) =>
      protocol === undefined || protocol === this.#protocol
        ? this.kick(accountId(account))
        : { ended: 0, cut: 0 },
    )
  }

  /** A client that neither reads nor writes does not keep its session: after a while it is cut. */
  async #dismiss({ session, left }: Held, why: WhyOver): Promise<'ended' | 'cut'> {
    session.end(why)
    const patience = Promise.withResolvers<'cut'>()
    const timer = setTimeout(() => patience.resolve('cut'), this.#goodbyeMs)
    const outcome = await Promise.race([
      left.promise.then(() => 'ended' as const),
      patience.promise,
    ])
    clearTimeout(timer)
    if (outcome === 'cut') session.cut()
    return outcome
  }

  #held(account: AccountId | undefined): readonly Held[] {
    const sets = account === undefined ? this.#sessions.values() : [this.#sessions.get(account)]
    return [...sets].flatMap((set) => [...(set ?? [])])
  }

  #leave(held: Held): void {
    held.left.resolve()
    const { account } = held.grant
    const sessions = this.#sessions.get(account)
    sessions?.delete(held)
    if (sessions?.size === 0) this.#sessions.delete(account)
  }
}

function keyOf({ account, epoch, appPassword = '' }: Grant): string {
  return `${account} ${epoch} ${appPassword}`
}
