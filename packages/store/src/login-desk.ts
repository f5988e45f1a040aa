import { setTimeout as pause } from 'node:timers/promises'

import type { Secret } from '@posthouse/config'

import type { Authentication, LoginContext, LoginObstacle } from './accounts.ts'
import type { AppPasswordLookup } from './app-password-lookup.ts'
import { readToken } from './app-password-token.ts'
import { clientNetwork, type ClientNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import { barOf, obstacleOf } from './examine-login.ts'
import type { FoundAccount } from './find-account.ts'
import { LoginFailures } from './login-failures.ts'
import type { LoginLimits } from './login-limits.ts'
import { loginName, type LoginName } from './login-name.ts'
import { LoginNotes } from './login-notes.ts'
import { lookAtLogin, type LoginSight } from './login-record.ts'
import { loginVerdict, type LoginVerdict } from './login-verdict.ts'
import { attempts } from './metrics.ts'
import type { Passwords } from './passwords.ts'
import { rehashOutdated } from './rehash.ts'
import { SignInNotes } from './sign-in-notes.ts'
import type { StoreLog } from './store-log.ts'
import { StoreUnavailable } from './unavailable.ts'

interface Attempt {
  /** The one that the password turned out to be, whatever became of it. */
  appPassword?: string
  readonly name: LoginName
  readonly from: ClientNetwork
  readonly protocol: LoginContext['protocol']
  readonly sight: LoginSight
}

/** Attempts that wait where the owner was before, in one process: a bound on memory, not on people. */
const mostWaiting = 1_000

/**
 * Decides who may sign in. All that is kept of failures stands in shared rows, so that all processes agree; everything that
 * costs (argon2) comes after the decision, and a failure is counted before the next check of this process begins.
 */
export class LoginDesk {
  readonly #database: Database
  readonly #passwords: Passwords
  readonly #lookup: AppPasswordLookup
  readonly #limits: LoginLimits
  readonly #failures: LoginFailures
  readonly #notes: LoginNotes
  readonly #signIns: SignInNotes
  readonly #log: StoreLog
  readonly #waiting = new Map<string, number>()
  #waitingInAll = 0

  constructor(
    database: Database,
    log: StoreLog,
    passwords: Passwords,
    lookup: AppPasswordLookup,
    limits: LoginLimits,
  ) {
    this.#database = database
    this.#log = log
    this.#passwords = passwords
    this.#lookup = lookup
    this.#limits = limits
    this.#failures = new LoginFailures(database, log, limits)
    this.#notes = new LoginNotes(database, log)
    this.#signIns = new SignInNotes(database, log)
  }

  /** One attempt, whatever kind of password it brings. */
  async authenticate(
    login: string,
    password: Secret,
    { protocol, address, mechanism: mech = 'password' }: LoginContext,
  ): Promise<Authentication> {
    const name = loginName(login)
    const from = clientNetwork(address)
    const sight = await this.#look(name, from)
    const attempt: Attempt = { name: { ...name, key: sight.key }, from, protocol, sight }
    const secret = password.reveal()
    const token = readToken(secret)
    const result = await (token === undefined
      ? this.#byPassword(attempt, secret)
      : this.#byAppPassword(attempt, token))
    this.#record(attempt, result)
    attempts.add({ proto: protocol, mech, result: result.ok ? 'ok' : result.because })
    return result
  }

  /** For `account logins`. Names that nobody has are everybody's, and recorded nowhere. */
  #record({ sight, protocol, from, appPassword }: Attempt, result: Authentication): void {
    const account = sight.found?.account.id
    if (account === undefined) return
    const outcome = result.ok ? 'ok' : result.because
    this.#signIns.add({ account, protocol, client: from.client, result: outcome }, appPassword)
  }

  async #byPassword(attempt: Attempt, secret: string): Promise<Authentication> {
    const { name, from, sight } = attempt
    const verdict = this.#verdict(sight)
    if (verdict.kind === 'throttled') return throttled(verdict)
    const stored = sight.found?.passwordHash
    const { isKnownPlace } = sight.record
    const key = `${name.key} ${from.client}`
    const check = { stored, password: secret, name: key, isKnownPlace }
    if (verdict.kind === 'paced' && !(await this.#pace(key, verdict.waitMs))) {
      return throttled({ because: 'login', retrySeconds: 10 })
    }
    let changed: LoginVerdict | undefined
    const outcome = await this.#passwords.verify(check, {
      mayCheck: async () => {
        changed = this.#verdict(await this.#look(name, from))
        return changed.kind !== 'throttled'
      },
      failed: () => this.#failed(attempt),
    })
    if (outcome === 'given-up') {
      // One that joined the check of an equal attempt has not asked itself: its turn is soon.
      return throttled(
        changed?.kind === 'throttled' ? changed : { because: 'login', retrySeconds: 1 },
      )
    }
    if (outcome === 'wrong' || sight.found === undefined) {
      return refused(sight.found === undefined ? 'name' : 'password')
    }
    if (stored !== undefined) void this.#rehash(sight.found, stored, secret)
    return this.#welcome(attempt, sight.found, undefined)
  }

  #rehash({ account }: FoundAccount, stored: string, secret: string): Promise<void> {
    const by = { database: this.#database, log: this.#log, passwords: this.#passwords }
    return rehashOutdated(by, account.id, stored, secret)
  }

  /** Nobody guesses 128 bits: the right one opens whatever others have done, the wrong one costs no more than a look. */
  async #byAppPassword(attempt: Attempt, secret: Buffer): Promise<Authentication> {
    const { sight, protocol, from } = attempt
    const { found } = sight
    const verdict = this.#verdict(sight)
    if (verdict.kind === 'throttled' && verdict.because === 'banned') return throttled(verdict)
    const held = await this.#lookup.find(secret)
    const obstacle = obstacleOf(held, sight, protocol)
    if (held === undefined || found === undefined || obstacle === 'app-password') {
      if (verdict.kind === 'throttled') return throttled(verdict)
      await this.#failed(attempt)
      return refused('app-password')
    }
    attempt.appPassword = held.id
    if (obstacle !== undefined) return refused(obstacle)
    const result = this.#welcome(attempt, found, held.id)
    if (result.ok) this.#notes.appPasswordUsed(held.id, protocol, from)
    return result
  }

  #welcome(
    { name, from, sight }: Attempt,
    { account, epoch }: FoundAccount,
    appPassword: string | undefined,
  ): Authentication {
    const bar = barOf(sight)
    if (bar !== undefined) return { ok: false, reason: 'disabled', because: bar }
    this.#notes.place(account.id, from)
    if (sight.record.ofLogin > 0) this.#forgive(from, name)
    return { ok: true, account, grant: { account: account.id, epoch, appPassword } }
  }

  #look(name: LoginName, from: ClientNetwork): Promise<LoginSight> {
    return lookAtLogin(this.#database, name, from, this.#limits)
  }

  #verdict({ record }: LoginSight): LoginVerdict {
    return loginVerdict(record, this.#limits)
  }

  async #failed({ name, from, sight }: Attempt): Promise<void> {
    if (sight.record.rule === 'trust') return
    await this.#failures.add(from, name.key, sight.record.isKnownPlace)
  }

  #forgive({ client }: ClientNetwork, { key }: LoginName): void {
    this.#failures.forgive(client, key).catch((error: unknown) => {
      this.#log.debug('store.login.forgive.failed', { because: String(error) })
    })
  }

  /** Waits; false when too many of this login and client do so already. */
  async #pace(key: string, waitMs: number): Promise<boolean> {
    if (this.#waitingInAll >= mostWaiting) throw new StoreUnavailable('busy', 'none')
    const others = this.#waiting.get(key) ?? 0
    if (others >= this.#limits.waiting) return false
    this.#waiting.set(key, others + 1)
    this.#waitingInAll += 1
    await pause(waitMs)
    this.#waitingInAll -= 1
    const left = (this.#waiting.get(key) ?? 1) - 1
    if (left === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, left)
    return true
  }
}

function refused(because: LoginObstacle): Authentication {
  return { ok: false, reason: 'credentials', because }
}

function throttled(verdict: {
  readonly because: 'banned' | 'login' | 'network'
  readonly retrySeconds: number | undefined
}): Authentication {
  const { because, retrySeconds } = verdict
  return { ok: false, reason: 'throttled', because: `throttled-${because}`, retrySeconds }
}
