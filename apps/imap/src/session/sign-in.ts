import { setTimeout as pause } from 'node:timers/promises'
import type { HeldSession, SessionWords } from '@posthouse/app'
import type { Secret } from '@posthouse/config'
import type { Connection } from '@posthouse/line-server'
import type { Authentication, LoginMechanism } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { limits } from '../limits.ts'
import { ok, type Completion } from './completion.ts'
import type { Ending } from './ending.ts'
import type { House } from './house.ts'
import { refusal } from './refusals.ts'
import { farewell } from './session-over.ts'

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
  readonly tell: () => Pick<SessionWords, 'program' | 'state'>
}

/** Signing in on one connection: looks passwords up, slows down who guesses, counts who is in. */
export class SignIn {
  readonly #house: House
  readonly #connection: Connection
  readonly #log: Log
  readonly #ending: Ending
  readonly #tell: () => Pick<SessionWords, 'program' | 'state'>
  #wrong = 0
  #giveBack: () => void = () => undefined

  constructor({ house, connection, ending, log, tell }: SignInOptions) {
    this.#house = house
    this.#connection = connection
    this.#log = log
    this.#ending = ending
    this.#tell = tell
  }

  /** So many passwords were wrong that the connection is to end. */
  get isExhausted(): boolean {
    return this.#wrong >= limits.wrongPasswords
  }

  /** One attempt. An OK makes the session signed in. */
  async attempt(
    login: string,
    password: Secret,
    mechanism: LoginMechanism = 'password',
  ): Promise<Completion> {
    if (!this.#house.mayUsePassword(this.#connection)) return refusal.privacy
    const { store, sessions } = this.#house
    const address = this.#connection.remoteAddress
    const context = { protocol: 'imap', address, mechanism } as const
    const result = await store.accounts.authenticate(login, password, context)
    if (!result.ok) return this.#refuse(login, result)
    const account = { id: result.account.id, address: result.account.address }
    const settings = await store.accountSettings.of(account.id)
    const leave = await sessions.enterAll(result.grant, this.#held(account.address))
    if (leave === undefined) {
      this.#log.warn('imap.login.limit', { account: account.address })
      return refusal.tooManySessions
    }
    this.#giveBack = leave
    this.#log.info('imap.login.ok', { account: account.address, secure: this.#connection.secure })
    const without = settings['imap.without']
    return ok('Welcome', undefined, { kind: 'signed-in', account, without })
  }

  /** The session is over: its place is free. */
  leave(): void {
    this.#giveBack()
    this.#giveBack = () => undefined
  }

  #held(address: string): HeldSession {
    const { id, remoteAddress: client, tlsDetails } = this.#connection
    const tls = tlsDetails?.protocol ?? null
    return {
      end: (why) => this.#ending.ask(why === 'kicked' ? farewell.kicked : farewell.account),
      cut: () => this.#connection.destroy(),
      tell: () => ({ id, address, client, tls, ...this.#tell() }),
    }
  }

  async #refuse(login: string, { reason, because }: Refused): Promise<Completion> {
    this.#log.warn('imap.login.refused', { login: login.slice(0, 320), reason, because })
    this.#wrong += 1
    await this.#wait(this.#wrong * limits.wrongPasswordMs)
    return answers[reason]
  }

  async #wait(ms: number): Promise<void> {
    // Not the whole time for somebody who has hung up.
    await pause(ms, undefined, { signal: this.#connection.closed }).catch(() => undefined)
  }
}
