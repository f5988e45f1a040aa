import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '@posthouse/config'
import { login, plain } from '@posthouse/sasl'
import {
  replies,
  type Authenticated,
  type Credentials,
  type Reply,
  type SaslMechanism,
  type SmtpSession,
} from '@posthouse/smtp'
import { AccountSessions, watchGrants, type HeldSession, type Services } from '@posthouse/app'
import type { Account, Authentication, Grant, Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { FailureDelay } from './failure-delay.ts'

/** Somebody who signed in. */
export interface User {
  readonly account: Account
  /** Aborted when the sign-in no longer counts: another password, a revoked one, a disabled account. */
  readonly out: AbortSignal
  /** Messages that came in the session and were taken. */
  sent: number
}

type Refused = Extract<Authentication, { ok: false }>

const answers: Readonly<Record<Refused['reason'], Reply>> = {
  credentials: replies.badCredentials,
  disabled: replies.disabledAccount,
  throttled: replies.authThrottled,
}

/** PLAIN and LOGIN (RFC 4616; LOGIN is older than any RFC). */
export const mechanisms: readonly SaslMechanism[] = [
  { name: 'PLAIN', begin: plain },
  { name: 'LOGIN', begin: login },
]

/** Checks passwords, holds wrong ones back, and ends sessions whose sign-in no longer counts. */
export class SignIn {
  readonly #store: Store
  readonly #log: Log
  readonly #delay = new FailureDelay()
  /** Of one account as many as there may be connections: these sessions are short. */
  readonly #sessions = new AccountSessions('submission', Infinity)
  readonly #stop: () => void

  constructor({ store, log, control }: Pick<Services, 'store' | 'log' | 'control'>) {
    this.#store = store
    this.#log = log
    this.#sessions.answerAt(control)
    this.#stop = watchGrants(store, this.#sessions, log)
  }

  /** @throws StoreUnavailable: the store is away, which is no wrong password. */
  async authenticate(
    credentials: Credentials,
    session: SmtpSession<User>,
    mechanism: string,
  ): Promise<Authenticated<User>> {
    const { authzid, login: name, password } = credentials
    // Nobody acts for somebody else (threat F6).
    const isOther = authzid !== '' && authzid.toLowerCase() !== name.toLowerCase()
    const found = await this.#store.accounts.authenticate(name, new Secret(password), {
      protocol: 'submission',
      address: session.remoteAddress,
      mechanism: mechanism === 'PLAIN' ? 'plain' : 'login',
    })
    if (found.ok && !isOther) {
      this.#delay.forgive(session.remoteAddress)
      this.#log.info('smtp.signed-in', { session: session.id, account: found.account.address })
      return { ok: true, user: this.#enter(found.account, found.grant, session) }
    }
    const because = found.ok ? 'authzid' : found.because
    const delayMs = this.#delay.fail(session.remoteAddress)
    this.#log.info('smtp.sign-in.refused', {
      session: session.id,
      remote: session.remoteAddress,
      login: name,
      reason: because,
      delayMs,
    })
    await sleep(delayMs, undefined, { signal: session.closed }).catch(() => undefined)
    return { ok: false, reply: found.ok ? replies.badCredentials : answers[found.reason] }
  }

  /** Listens no more. */
  stop(): void {
    this.#stop()
  }

  #enter(account: Account, grant: Grant, session: SmtpSession<User>): User {
    const out = new AbortController()
    const user = { account, out: out.signal, sent: 0 }
    const { id, remoteAddress: client } = session
    const held: HeldSession = {
      end: (why) => {
        out.abort()
        session.end(why === 'kicked' ? replies.sessionEnded : replies.signInAgain)
      },
      cut: () => session.cut(),
      tell: () => ({
        id,
        address: account.address,
        client,
        tls: session.tls?.protocol ?? null,
        program: session.helo ?? null,
        state: user.sent === 0 ? 'nothing sent yet' : `${user.sent} sent`,
      }),
    }
    const leave = this.#sessions.enter(grant, held)
    if (leave !== undefined) session.closed.addEventListener('abort', leave, { once: true })
    return user
  }
}
