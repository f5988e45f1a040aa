import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import type {
  AttemptOutcome,
  Claim,
  ClaimRequest,
  OutcomeReport,
  Queue,
  Recorded,
} from './queue.ts'
import { QueueChanges } from './queue-changes.ts'
import { QueueClaims } from './queue-claims.ts'
import { readQueueContents } from './queue-contents.ts'
import { QueueControl } from './queue-control.ts'
import type { QueueFilter } from './queue-filter.ts'
import { queueChannel } from './queue-insert.ts'
import type { HoldReason, QueueItem, QueueStatus } from './queue-operations.ts'
import { QueueOutcomes, type PrepareDelivery } from './queue-outcomes.ts'
import { QueuePauses, type QueuePause } from './queue-pauses.ts'
import { QueueRules, type NewQueueRule, type QueueRule } from './queue-rules.ts'
import { queueStats, type QueueGroup, type QueueGrouping } from './queue-stats.ts'

/** The queue over one database. */
export class OutboundQueue implements Queue {
  readonly #database: Database
  readonly #claims: QueueClaims
  readonly #outcomes: QueueOutcomes
  readonly #control: QueueControl
  readonly #changes: QueueChanges
  readonly #pauses: QueuePauses
  readonly #rules: QueueRules

  /** `prepare` makes reports ready to be delivered inside the transaction that records their outcomes. */
  constructor(database: Database, prepare: PrepareDelivery) {
    this.#database = database
    this.#claims = new QueueClaims(database)
    this.#outcomes = new QueueOutcomes(database, prepare)
    this.#control = new QueueControl(database)
    this.#changes = new QueueChanges(database)
    this.#pauses = new QueuePauses(database)
    this.#rules = new QueueRules(database)
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#claims.claim(request)
  }

  renew(token: string, leaseSeconds: number): Promise<number> {
    return this.#claims.renew(token, leaseSeconds)
  }

  release(
    token: string,
    items?: readonly { readonly queueId: string; readonly n: number }[],
    afterSeconds?: number,
  ): Promise<number> {
    return this.#claims.release(token, items, afterSeconds)
  }

  workers(): Promise<readonly string[]> {
    return this.#claims.workers()
  }

  abandon(worker: string): Promise<number> {
    return this.#claims.abandon(worker)
  }

  record(
    token: string,
    outcomes: readonly AttemptOutcome[],
    reports: readonly OutcomeReport[] = [],
  ): Promise<Recorded> {
    return this.#outcomes.record(token, outcomes, reports)
  }

  contents(
    queueIds: readonly string[],
    how?: { readonly isToBeSent?: boolean },
  ): Promise<ReadonlyMap<string, Buffer>> {
    return readQueueContents(this.#database, queueIds, how)
  }

  nextDueMs(except: readonly string[] = []): Promise<number | undefined> {
    return this.#control.nextDueMs(except)
  }

  status(): Promise<QueueStatus> {
    return this.#control.status()
  }

  list(filter: QueueFilter = {}): Promise<readonly QueueItem[]> {
    return this.#control.list(filter)
  }

  show(queueId: string): Promise<readonly QueueItem[]> {
    return this.#control.show(queueId)
  }

  stats(by: QueueGrouping): Promise<readonly QueueGroup[]> {
    return queueStats(this.#database, by)
  }

  retry(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#changes.retry(filter, by)
  }

  hold(filter: QueueFilter, why?: HoldReason, by?: Actor): Promise<number> {
    return this.#changes.hold(filter, why, by)
  }

  unhold(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#changes.unhold(filter, by)
  }

  redirect(filter: QueueFilter, address: string, by?: Actor): Promise<number> {
    return this.#changes.redirect(filter, address, by)
  }

  drop(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#changes.drop(filter, by)
  }

  dropNow(filter: QueueFilter, by?: Actor): Promise<number> {
    return this.#changes.dropNow(filter, by)
  }

  take(
    filter: QueueFilter,
    lease: { readonly worker: string; readonly leaseSeconds: number },
  ): Promise<Claim> {
    return this.#changes.take(filter, lease)
  }

  pause(
    destination: string | undefined,
    how: { readonly until?: Date | undefined; readonly because: string },
    by: Actor,
  ): Promise<void> {
    return this.#pauses.pause(destination, how, by)
  }

  resume(destination: string | undefined, by: Actor): Promise<boolean> {
    return this.#pauses.resume(destination, by)
  }

  pauses(): Promise<readonly QueuePause[]> {
    return this.#pauses.list()
  }

  rules(): Promise<readonly QueueRule[]> {
    return this.#rules.list()
  }

  addRule(
    rule: NewQueueRule,
    by: Actor,
  ): Promise<{ readonly rule: QueueRule; readonly held: number }> {
    return this.#rules.add(rule, by)
  }

  removeRule(id: number, by: Actor): Promise<boolean> {
    return this.#rules.remove(id, by)
  }

  purge(finishedSecondsAgo: number): Promise<number> {
    return this.#control.purge(finishedSecondsAgo)
  }

  onWork(listener: () => void): () => void {
    return this.#database.notifier.listen(queueChannel, { onWake: listener, onGap: listener })
  }
}
