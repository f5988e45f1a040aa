import { LRUCache } from 'lru-cache'

import type { ClientNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import { placeDays } from './login-record.ts'
import { statement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

/** The condition keeps it to once a minute over all processes, too. */
const used = statement(
  'app_password_used',
  `UPDATE app_password SET last_at = now(), last_protocol = $2, last_address = $3::inet
  WHERE app_password_id = $1 AND (last_at IS NULL OR last_at < now() - interval '1 minute')`,
)

/** Also clears away what is old, and what is too much: a traveller has a few hundred places, not thousands. */
const beenHere = statement(
  'login_place_note',
  `WITH place AS (
    INSERT INTO login_place (account_id, network) SELECT account_id, $2::cidr FROM account WHERE account_id = $1
    ON CONFLICT (account_id, network) DO UPDATE SET last_at = now()
    RETURNING 1
  )
  DELETE FROM login_place WHERE account_id = $1 AND network <> $2::cidr AND (
    last_at < now() - make_interval(days => ${placeDays})
    OR network IN (SELECT network FROM login_place WHERE account_id = $1 ORDER BY last_at DESC OFFSET 500))`,
)

const mostRemembered = 10_000
const minuteMs = 60_000

/**
 * What is written about sign-ins that worked: off their path, at most so often, and a failure costs only the note. A place is
 * noted at once when it is new to this process.
 */
export class LoginNotes {
  readonly #database: Database
  readonly #log: StoreLog
  readonly #recent = new LRUCache<string, true>({ max: mostRemembered })

  constructor(database: Database, log: StoreLog) {
    this.#database = database
    this.#log = log
  }

  /** An app password was used. */
  appPasswordUsed(id: string, protocol: string, { address }: ClientNetwork): void {
    this.#note(`used ${id}`, minuteMs, () => this.#database.execute(used, [id, protocol, address]))
  }

  /** The account's owner was here. */
  place(account: AccountId, { client }: ClientNetwork): void {
    this.#note(`place ${account} ${client}`, 10 * minuteMs, () =>
      this.#database.execute(beenHere, [account, client]),
    )
  }

  #note(key: string, everyMs: number, write: () => Promise<unknown>): void {
    if (this.#recent.has(key)) return
    this.#recent.set(key, true, { ttl: everyMs })
    write().catch((error: unknown) => {
      this.#recent.delete(key)
      this.#log.debug('store.login.note.failed', { because: String(error) })
    })
  }
}
