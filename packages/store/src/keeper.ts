import { buildSegments } from './build-segments.ts'
import { checkpoint } from './checkpoint.ts'
import { collectContents } from './collect-contents.ts'
import type { Database } from './database.ts'
import { purgeFilterMemory } from './filter-purge.ts'
import { purgeForwarding } from './forward-queue.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { loadState } from './load-state.ts'
import { eraseRemovedAccounts } from './removed-accounts.ts'
import { purgeStep, purgeTasks } from './purge.ts'
import { purgeOverdue } from './quarantine-purge.ts'
import { segmentMessages } from './segment-codec.ts'
import { tupleStatement } from './statement.ts'
import { purgeSignIns } from './sign-in-table.ts'
import type { StoreLog } from './store-log.ts'
import { purgeTls } from './tls-report-table.ts'
import { keepTracePartitions } from './trace-partitions.ts'
import { trimAgeSeconds, trimLog } from './trim.ts'

/** When a round of housekeeping runs, and how much of it. */
export interface KeeperSchedule {
  /** Wait before the first round; short-lived commands are over by then. */
  readonly firstMs: number
  readonly everyMs: number
}

/** Nothing here is urgent: a round a quarter of an hour, and a day for all contents. */
export const keeperSchedule: KeeperSchedule = { firstMs: 120_000, everyMs: 15 * 60_000 }

/** Slices of the contents that one round looks at: 256 slices in 96 rounds a day. */
const slicesPerRound = 3
/** Steps of one purge task and trims of one mailbox in a round: a large one takes several rounds. */
const stepsPerRound = 50

const closeMs = 1_000

const behindStatement = tupleStatement<readonly [AccountId, number]>(
  'keeper_behind',
  `SELECT h.account_id, h.mailbox_id FROM mailbox_head h
  LEFT JOIN mailbox_base b ON b.account_id = h.account_id AND b.mailbox_id = h.mailbox_id
  WHERE h.live AND (h.change_seq - coalesce(b.change_seq, 0) >= 512
    OR h.uid_next - coalesce(b.uid_next, 1) >= 1024
    OR (h.change_seq > coalesce(b.change_seq, 0) AND EXISTS (
      SELECT FROM mailbox_log l
      WHERE l.account_id = h.account_id AND l.mailbox_id = h.mailbox_id
        AND l.at < now() - interval '1 day')))
  LIMIT 200`,
)
const trimmableStatement = tupleStatement<readonly [AccountId, number]>(
  'keeper_trimmable',
  `SELECT DISTINCT l.account_id, l.mailbox_id FROM mailbox_log l
  JOIN mailbox_base b ON b.account_id = l.account_id AND b.mailbox_id = l.mailbox_id
  WHERE l.kind = 'flags' AND l.modseq <= b.modseq AND l.at < now() - make_interval(secs => $1)
  LIMIT 1000`,
)
/** Ranges of 1,024 UIDs that are full, as far as the checkpoint knows, and have no segment. */
const segmentableStatement = tupleStatement<readonly [AccountId, number]>(
  'keeper_segmentable',
  `SELECT b.account_id, b.mailbox_id FROM mailbox_base b
  JOIN mailbox_head h ON h.account_id = b.account_id AND h.mailbox_id = b.mailbox_id
  WHERE b.uid_next - b.uid_next % ${segmentMessages} > b.segment_uid AND h.live
  LIMIT 200`,
)
/**
 * Housekeeping: checkpoints of mailboxes that nobody opens, segments, trimming, purging, collecting contents. Every
 * long-lived process has a keeper; two that meet do no harm, only work. Whatever it does is done in small transactions, each
 * complete in itself.
 */
export class Keeper {
  readonly #database: Database
  readonly #log: StoreLog
  readonly #schedule: KeeperSchedule
  #timer: NodeJS.Timeout | undefined
  #slice = Math.floor(Math.random() * 256)
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(database: Database, log: StoreLog, schedule: KeeperSchedule = keeperSchedule) {
    this.#database = database
    this.#log = log
    this.#schedule = schedule
    // Not all processes of a machine at the same moment.
    this.#wait(schedule.firstMs * (1 + Math.random()))
  }

  /** Lets the step under way finish, for a moment: cut off, it is as if it had not begun. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const patience = Promise.withResolvers<void>()
    const timer = setTimeout(patience.resolve, closeMs)
    await Promise.race([this.#running, patience.promise])
    clearTimeout(timer)
  }

  /** Writes checkpoints and segments that are due, without waiting for a round. */
  async tidy(): Promise<void> {
    await this.#checkpoints()
    await this.#segments()
  }

  #wait(ms: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#running = this.#round().finally(() => this.#wait(this.#schedule.everyMs))
    }, ms)
    this.#timer.unref()
  }

  async #round(): Promise<void> {
    try {
      await keepTracePartitions(this.#database)
      await this.#checkpoints()
      await this.#segments()
      await this.#trims()
      await this.#purges()
      await purgeFilterMemory(this.#database)
      await purgeForwarding(this.#database)
      await purgeTls(this.#database)
      await purgeSignIns(this.#database)
      await this.#collect()
    } catch (error) {
      this.#log.debug('store.keeper.failed', { because: String(error) })
    }
  }

  async #checkpoints(): Promise<void> {
    for (const [account, mailbox] of await this.#database.query(behindStatement)) {
      if (this.#isClosed) return
      await checkpointUnopened(this.#database, accountId(account), mailboxId(mailbox))
    }
  }

  async #segments(): Promise<void> {
    for (const [account, mailbox] of await this.#database.query(segmentableStatement)) {
      if (this.#isClosed) return
      await segmentUnopened(this.#database, accountId(account), mailboxId(mailbox))
    }
  }

  async #trims(): Promise<void> {
    const trimmable = await this.#database.query(trimmableStatement, [trimAgeSeconds])
    for (const [account, mailbox] of trimmable) {
      for (let step = 0; step < stepsPerRound && !this.#isClosed; step++) {
        if (!(await trimLog(this.#database, accountId(account), mailboxId(mailbox)))) break
      }
    }
  }

  async #purges(): Promise<void> {
    for (const task of await purgeTasks(this.#database)) {
      for (let step = 0; step < stepsPerRound && !this.#isClosed; step++) {
        if (!(await purgeStep(this.#database, task))) break
      }
    }
    await eraseRemovedAccounts(this.#database)
    await purgeOverdue(this.#database)
  }

  async #collect(): Promise<void> {
    for (let i = 0; i < slicesPerRound && !this.#isClosed; i++) {
      this.#slice = (this.#slice + 1) % 256
      await collectContents(this.#database, this.#slice)
    }
  }
}

/** Writes a checkpoint of a mailbox that no session of this process holds. */
export async function checkpointUnopened(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<void> {
  const loaded = await loadState(database, account, mailbox)
  if (loaded !== undefined) await checkpoint(database, account, mailbox, loaded.state)
}

/** Makes the segments that a mailbox lacks. */
export async function segmentUnopened(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<void> {
  const loaded = await loadState(database, account, mailbox)
  if (loaded !== undefined) await buildSegments(database, account, mailbox, loaded.state)
}
