import type { ClientNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import type { LoginLimits } from './login-limits.ts'
import { decayed } from './login-record.ts'
import { statement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

/** In the order of the key, so that two processes never lock two rows crosswise. A count stops at twice its limit. */
const add = statement(
  'login_failure_add',
  `INSERT INTO login_failure AS f (network, login, score)
  SELECT network, login, 1 FROM unnest($1::cidr[], $2::text[]) AS t (network, login) ORDER BY 1, 2
  ON CONFLICT (network, login) DO UPDATE SET at = now(), score = least(
    CASE f.login WHEN '' THEN $4::float8 ELSE $3::float8 END, 1 + ${decayed('f', '$5::float8')})`,
)

const forgive = statement(
  'login_failure_forgive',
  'DELETE FROM login_failure WHERE network = $1::cidr AND login = $2',
)

/** What has decayed to nothing, and what is too much; a thousand and some at a time, so that nobody waits behind it. */
const sweep = statement(
  'login_failure_sweep',
  `DELETE FROM login_failure WHERE (network, login) IN (
    (SELECT network, login FROM login_failure WHERE at < now() - make_interval(secs => $1) ORDER BY at LIMIT 5000)
    UNION ALL
    (SELECT network, login FROM login_failure ORDER BY at DESC OFFSET $2 LIMIT 5000))`,
)

const sweepEveryMs = 60_000
/** Half-lives after which a count is nothing: of 200, one tenth of a failure is left. */
const lastingHalfLives = 11

/** Failed sign-ins, in rows that all processes share. */
export class LoginFailures {
  readonly #database: Database
  readonly #log: StoreLog
  readonly #limits: LoginLimits
  #sweptAt = 0

  constructor(database: Database, log: StoreLog, limits: LoginLimits) {
    this.#database = database
    this.#log = log
    this.#limits = limits
  }

  /** Counts one. From a known place it is the client's alone: an owner's old telephone does not close the office. */
  async add(from: ClientNetwork, login: string, isKnownPlace: boolean): Promise<void> {
    const networks = isKnownPlace ? [from.client] : [from.client, from.network]
    const logins = isKnownPlace ? [login] : [login, '']
    const { ofLogin, ofNetwork, halfLifeSeconds } = this.#limits
    const values = [networks, logins, 2 * ofLogin, 2 * ofNetwork, halfLifeSeconds]
    await this.#database.execute(add, values)
    this.#sweepSoon()
  }

  /** The right password came: what this client did wrong with this login was a slip. */
  async forgive(client: string, login: string): Promise<void> {
    await this.#database.execute(forgive, [client, login])
  }

  #sweepSoon(): void {
    const now = performance.now()
    if (this.#sweptAt !== 0 && now - this.#sweptAt < sweepEveryMs) return
    this.#sweptAt = now
    void this.sweep().catch((error: unknown) => {
      this.#log.debug('store.login.sweep.failed', { because: String(error) })
    })
  }

  /** Removes what no longer counts, and the oldest beyond the cap. Gives the number of rows. */
  sweep(): Promise<number> {
    const { rows, halfLifeSeconds } = this.#limits
    return this.#database.execute(sweep, [halfLifeSeconds * lastingHalfLives, rows])
  }
}
