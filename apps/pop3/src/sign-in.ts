import { setTimeout as pause } from 'node:timers/promises'
import type { HeldSession } from '@posthouse/app'
import type { Secret } from '@posthouse/config'
import type { Connection } from '@posthouse/line-server'
import type { Account, Authentication, LoginMechanism } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { ok, type Completion } from './completion.ts'
import type { Ending } from './ending.ts'
import { mayUsePasswordOn, type House } from './house.ts'
import { limits } from './limits.ts'
import { Maildrop } from './maildrop.ts'
import { logins } from './metrics.ts'
import { farewell, refusal, tooSoon } from './refusals.ts'

type Refused = Extract<Authentication, { ok: false }>

const answers: Readonly<Record<Refused['reason'], Completion>> = {
  credentials: refusal.credentials,
  disabled: refusal.disabled,
  throttled: refusal.throttled,
}

/** What signing in needs of its session. */
export interface SignInOptions {
  readonly house: House
  readonly connection: Connection
  readonly ending: Ending
  readonly log: Log
  /** What the session is doing, for whoever asks the running suite. */
  readonly state: () => string
}

/** Signing in on one connection: looks passwords up, slows down who guesses, counts who is in. */
export class SignIn {
  readonly #house: House
  readonly #connection: Connection
  readonly #ending: Ending
  readonly #log: Log
  readonly #state: () => string
  #failures = 0
  #leave: (() => void) | undefined
  #letGo: (() => Promise<void>) | undefined

  constructor({ house, connection, ending, log, state }: SignInOptions) {
    this.#house = house
    this.#connection = connection
    this.#ending = ending
    this.#log = log
    this.#state = state
  }

  /** One attempt. Its OK carries the maildrop. Throws StoreUnavailable. */
  async attempt(
    login: string,
    password: Secret,
    mechanism: LoginMechanism = 'password',
  ): Promise<Completion> {
    if (!mayUsePasswordOn(this.#house, this.#connection)) return refusal.privacy
    const { store, sessions } = this.#house
    const address = this.#connection.remoteAddress
    const context = { protocol: 'pop3', address, mechanism } as const
    const result = await store.accounts.authenticate(login, password, context)
    if (!result.ok) return this.#refuse(login, result)
    const { account, grant } = result
    this.#leave = sessions.enter(grant, this.#held(account.address))
    if (this.#leave === undefined) {
      this.#log.warn('pop3.login.limit', { account: account.address })
      return refusal.tooManySessions
    }
    try {
      const answer = await this.#open(account)
      if (answer.kind !== 'ok') await this.leave()
      return answer
    } catch (error) {
      await this.leave()
      throw error
    }
  }

  /** The session is over: when this resolves, another may begin. */
  async leave(): Promise<void> {
    this.#leave?.()
    this.#leave = undefined
    const letGo = this.#letGo
    this.#letGo = undefined
    await letGo?.()
  }

  #held(address: string): HeldSession {
    const { id, remoteAddress: client, tlsDetails } = this.#connection
    const tls = tlsDetails?.protocol ?? null
    return {
      end: (why) => this.#ending.ask(why === 'kicked' ? farewell.kicked : farewell.accountChanged),
      cut: () => this.#connection.destroy(),
      // RFC 1939 has no word by which a client could say what it is.
      tell: () => ({ id, address, client, tls, program: null, state: this.#state() }),
    }
  }

  async #open(account: Account): Promise<Completion> {
    const { store, holds } = this.#house
    const settings = await store.accountSettings.of(account.id)
    const lost = () => this.#ending.ask(farewell.lostHold)
    const beginning = await holds.begin(account.id, settings, lost)
    if (beginning.kind !== 'begun') {
      this.#log.info('pop3.login.postponed', { account: account.address, reason: beginning.kind })
      logins.add({ result: beginning.kind })
      return beginning.kind === 'in-use' ? refusal.inUse : tooSoon(beginning.retrySeconds)
    }
    this.#letGo = () => beginning.leave()
    const maildrop = await Maildrop.open(store, account.id, settings)
    if (maildrop === undefined) return refusal.credentials
    const { count, bytes } = maildrop
    this.#log.info('pop3.login.ok', { account: account.address, secure: this.#connection.secure })
    logins.add({ result: 'ok' })
    const text = `${count} ${count === 1 ? 'message' : 'messages'} (${bytes} octets).`
    return ok(text, { kind: 'signed-in', settings, maildrop })
  }

  async #refuse(login: string, { reason, because }: Refused): Promise<Completion> {
    this.#log.warn('pop3.login.refused', { login: login.slice(0, 320), reason, because })
    logins.add({ result: reason })
    this.#failures += 1
    await this.#wait(this.#failures * limits.wrongPasswordMs)
    if (this.#failures < limits.wrongPasswords) return answers[reason]
    return reason === 'throttled' ? refusal.lastThrottled : refusal.lastCredentials
  }

  async #wait(ms: number): Promise<void> {
    // Not the whole time for somebody who has hung up, nor for a server that goes down.
    const signal = AbortSignal.any([this.#connection.closed, this.#ending.signal])
    await pause(ms, undefined, { signal }).catch(() => undefined)
  }
}
