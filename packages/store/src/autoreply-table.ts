import { parseStoreAddress } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Autoreplies, Autoreply, AutoreplyState, DueAutoreply } from './autoreplies.ts'
import type { Database } from './database.ts'
import type { Delivery } from './delivery.ts'
import { findByAddress } from './find-account.ts'
import { accountId, type AccountId } from './ids.ts'
import type { PrepareDelivery } from './queue-outcomes.ts'
import { statement, tupleStatement } from './statement.ts'

/** RFC 5230 §4.1: seven days where nothing else is said. */
const days = 7
const channel = 'posthouse_autoreply'
/** What is older is read again, behind the back of whoever asks: a wake-up may have been lost. */
const staleMs = 60_000
const maxBody = 64 * 1024
const maxSubject = 500

interface Row {
  readonly subject: string | null
  readonly body: string
  readonly from_at: Date | null
  readonly until_at: Date | null
  readonly set_at: Date
  readonly is_active: boolean
  readonly answered: number
}

const isActive = `(a.from_at IS NULL OR a.from_at <= now()) AND (a.until_at IS NULL OR a.until_at > now())`
const isRecent = `s.sent_at > now() - interval '${days} days'`

const accounts = tupleStatement<readonly [string]>(
  'autoreply_accounts',
  'SELECT account_id FROM autoreply',
)
const find = statement<Row>(
  'autoreply_show',
  `SELECT a.subject, a.body, a.from_at, a.until_at, a.set_at, ${isActive} AS is_active,
    (SELECT count(*)::int FROM autoreply_sent s WHERE s.account_id = a.account_id AND ${isRecent}) AS answered
  FROM autoreply a WHERE a.account_id = $1`,
)
const findDue = statement<
  Pick<Row, 'subject' | 'body' | 'from_at' | 'until_at'> & { readonly name: string }
>(
  'autoreply_due',
  `SELECT a.subject, a.body, a.from_at, a.until_at, c.name
  FROM autoreply a JOIN account c ON c.account_id = a.account_id
  WHERE a.account_id = $1 AND ${isActive} AND NOT EXISTS (
    SELECT FROM autoreply_sent s WHERE s.account_id = a.account_id AND s.sender = $2 AND ${isRecent})`,
)
/** Two processes at once: the second waits for the first one's commit, and finds the row too young. */
const claim = tupleStatement<readonly [number]>(
  'autoreply_claim',
  `INSERT INTO autoreply_sent AS s (account_id, sender)
  SELECT a.account_id, $2 FROM autoreply a WHERE a.account_id = $1 AND ${isActive}
  ON CONFLICT (account_id, sender) DO UPDATE SET sent_at = now() WHERE NOT (${isRecent})
  RETURNING 1`,
)
const put = statement(
  'autoreply_set',
  `INSERT INTO autoreply (account_id, subject, body, from_at, until_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (account_id) DO UPDATE SET subject = excluded.subject, body = excluded.body,
    from_at = excluded.from_at, until_at = excluded.until_at, set_at = now()`,
)
const forgetSent = statement(
  'autoreply_forget_sent',
  'DELETE FROM autoreply_sent WHERE account_id = $1',
)
const remove = statement('autoreply_clear', 'DELETE FROM autoreply WHERE account_id = $1')

/** Autoreplies over one database. */
export class AutoreplyTable implements Autoreplies {
  readonly #database: Database
  readonly #prepare: PrepareDelivery
  #accounts: Promise<ReadonlySet<AccountId>> | undefined
  #readAt = -Infinity
  #isListening = false

  constructor(database: Database, prepare: PrepareDelivery) {
    this.#database = database
    this.#prepare = prepare
  }

  async set(text: string, reply: Autoreply, by: Actor): Promise<'done' | 'not-found' | 'unfit'> {
    if (!isFit(reply)) return 'unfit'
    const found = await findByAddress(this.#database, text)
    if (found === undefined) return 'not-found'
    const { id, address } = found.account
    const { subject = null, body, from = null, until = null } = reply
    await this.#database.transact(async (tx) => {
      await tx.execute(put, [id, subject, body, from, until])
      await tx.execute(forgetSent, [id])
      await writeAudit(tx, by, 'autoreply.set', address, { subject, from, until })
      tx.notify(channel, '')
    })
    this.#accounts = undefined
    return 'done'
  }

  async show(text: string): Promise<AutoreplyState | undefined> {
    const found = await findByAddress(this.#database, text)
    if (found === undefined) return undefined
    const [row] = await this.#database.query(find, [found.account.id])
    if (row === undefined) return undefined
    const { is_active: active, answered, set_at: setAt } = row
    const { address } = found.account
    return { address, ...replyOf(row), isActive: active, answered, setAt }
  }

  async clear(text: string, by: Actor): Promise<'done' | 'not-found'> {
    const found = await findByAddress(this.#database, text)
    if (found === undefined) return 'not-found'
    const { id, address } = found.account
    const outcome = await this.#database.transact(async (tx) => {
      if ((await tx.execute(remove, [id])) === 0) return 'not-found'
      await writeAudit(tx, by, 'autoreply.cleared', address)
      tx.notify(channel, '')
      return 'done'
    })
    this.#accounts = undefined
    return outcome
  }

  async due(account: AccountId, sender: string): Promise<DueAutoreply | undefined> {
    if (!(await this.#answering()).has(account)) return undefined
    const [row] = await this.#database.query(findDue, [account, keyOf(sender)])
    return row === undefined ? undefined : { ...replyOf(row), name: row.name }
  }

  async answer(account: AccountId, sender: string, delivery: Delivery): Promise<boolean> {
    const write = await this.#prepare(delivery)
    return await this.#database.transact(
      async (tx) => {
        const claimed = await tx.query(claim, [account, keyOf(sender)])
        if (claimed.length === 0) return false
        await write(tx)
        return true
      },
      { retry: true },
    )
  }

  /** Accounts that have an autoreply. */
  #answering(): Promise<ReadonlySet<AccountId>> {
    this.#listen()
    const known = this.#accounts
    if (known !== undefined && performance.now() - this.#readAt <= staleMs) return known
    this.#readAt = performance.now()
    const read = this.#read()
    if (known === undefined) this.#accounts = read
    read.then(
      () => {
        if (known !== undefined && this.#accounts === known) this.#accounts = read
      },
      () => {
        if (this.#accounts === read) this.#accounts = undefined
      },
    )
    return known ?? read
  }

  async #read(): Promise<ReadonlySet<AccountId>> {
    const rows = await this.#database.read(accounts)
    return new Set(rows.map(([id]) => accountId(id)))
  }

  /** Not before somebody asks: a command of the command line needs no connection for it. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    const forget = (): void => {
      this.#accounts = undefined
    }
    this.#database.notifier.listen(channel, { onWake: forget, onGap: forget })
  }
}

function isFit({ subject = '', body, from, until }: Autoreply): boolean {
  if (body.trim() === '' || Buffer.byteLength(body) > maxBody || body.includes('\0')) return false
  // A line break would be a header field of its own.
  // eslint-disable-next-line no-control-regex
  if (subject.length > maxSubject || /[\u0000-\u001f\u007f]/.test(subject)) return false
  return from === undefined || until === undefined || from < until
}

/** One sender, in whatever case he is written. QUIRK: BATV puts another tag before the local part every day (`prvs=…=`). */
function keyOf(text: string): string {
  const sender = text.replace(/^prvs=[0-9a-z]{10}=/i, '')
  const parsed = parseStoreAddress(sender)
  return parsed === undefined ? sender.toLowerCase() : `${parsed.localKey}@${parsed.domain}`
}

function replyOf(row: Pick<Row, 'subject' | 'body' | 'from_at' | 'until_at'>): Autoreply {
  return {
    ...(row.subject !== null && { subject: row.subject }),
    body: row.body,
    ...(row.from_at !== null && { from: row.from_at }),
    ...(row.until_at !== null && { until: row.until_at }),
  }
}
