import type { Database } from './database.ts'
import type {
  AttemptOutcome,
  Claim,
  ClaimRequest,
  OutcomeReport,
  Queue,
  QueueFilter,
  QueueItem,
  QueueStatus,
  Recorded,
} from './queue.ts'
import { QueueClaims } from './queue-claims.ts'
import { readQueueContents } from './queue-contents.ts'
import { QueueControl } from './queue-control.ts'
import { queueChannel } from './queue-insert.ts'
import { QueueOutcomes, type PrepareDelivery } from './queue-outcomes.ts'

/** The queue over one database. */
export class OutboundQueue implements Queue {
  readonly #database: Database
  readonly #claims: QueueClaims
  readonly #outcomes: QueueOutcomes
  readonly #control: QueueControl

  /** `prepare` makes reports ready to be delivered inside the transaction that records their outcomes. */
  constructor(database: Database, prepare: PrepareDelivery) {
    this.#database = database
    this.#claims = new QueueClaims(database)
    this.#outcomes = new QueueOutcomes(database, prepare)
    this.#control = new QueueControl(database)
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
    dueInSeconds?: number,
  ): Promise<number> {
    return this.#claims.release(token, items, dueInSeconds)
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

  contents(queueIds: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    return readQueueContents(this.#database, queueIds)
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

  retry(filter: QueueFilter): Promise<number> {
    return this.#control.retry(filter)
  }

  hold(filter: QueueFilter): Promise<number> {
    return this.#control.hold(filter)
  }

  drop(filter: QueueFilter): Promise<number> {
    return this.#control.drop(filter)
  }

  purge(finishedSecondsAgo: number): Promise<number> {
    return this.#control.purge(finishedSecondsAgo)
  }

  onWork(listener: () => void): () => void {
    return this.#database.notifier.listen(queueChannel, { onWake: listener, onGap: listener })
  }
}
