import type { Actor } from './audit.ts'
import type { AccountId } from './ids.ts'
import type { QueueFilter } from './queue-filter.ts'
import type { NewQueueRule, QueueRule } from './queue-rules.ts'
import type { QueuePause } from './queue-pauses.ts'
import type { QueueGroup, QueueGrouping } from './queue-stats.ts'
import type { Claim, RemoteReply } from './queue.ts'
import type { QueueOrigin } from './queue-submission.ts'

/** Figures for `status` and metrics. Recipients, not messages. */
export interface QueueStatus {
  /** Waiting, claimed ones included. */
  readonly waiting: number
  /** Claimed under a lease that holds. */
  readonly active: number
  /** Waiting after at least one attempt. */
  readonly deferred: number
  readonly held: number
  /** Destinations that an operator has paused; the whole queue counts as one. */
  readonly paused: number
  readonly messages: number
  /** Seconds since the oldest unfinished message was submitted. */
  readonly oldestSeconds: number | undefined
}

/** One recipient as people see it. */
export interface QueueItem {
  readonly queueId: string
  readonly n: number
  readonly state: 'waiting' | 'active' | 'held' | 'delivered' | 'bounced' | 'dropped'
  readonly sender: string
  readonly address: string
  readonly destination: string
  readonly account: AccountId | null
  readonly size: number
  readonly submittedAt: Date
  readonly attempts: number
  /** When it is tried next; of an active one, when its lease runs out. */
  readonly nextAt: Date | undefined
  readonly worker: string | undefined
  readonly lastAt: Date | undefined
  readonly lastOutcome: 'delivered' | 'deferred' | 'bounced' | 'unknown' | undefined
  readonly last: RemoteReply | undefined
  /** Of a held one. */
  readonly hold: HoldReason | undefined
  readonly origin: QueueOrigin
  readonly priority: number
}

/** Why a recipient is held, and by whom. */
export interface HoldReason {
  /** `account`: its account is suspected of being misused. `delivery`: so many others were refused. */
  readonly by: 'operator' | 'rule' | 'account' | 'delivery'
  readonly because: string
  /** The rule's id. */
  readonly rule?: number | undefined
}

/** What an operator sees of the queue and does to it. Every change goes by steps of 1,000 messages, each in the audit trail. */
export interface QueueOperations {
  status(): Promise<QueueStatus>
  /** Unfinished ones, oldest first. */
  list(filter?: QueueFilter): Promise<readonly QueueItem[]>
  /** All recipients of one message, finished ones too. Empty: no such message. */
  show(queueId: string): Promise<readonly QueueItem[]>
  /** Counts of what is unfinished, largest group first. */
  stats(by: QueueGrouping): Promise<readonly QueueGroup[]>
  /** Makes waiting ones due now that are not; claimed ones are left alone, and held ones. The number of recipients. */
  retry(filter: QueueFilter, by?: Actor): Promise<number>
  /** Keeps waiting ones from being tried (again). An attempt under way is not stopped: its outcome counts. */
  hold(filter: QueueFilter, why?: HoldReason, by?: Actor): Promise<number>
  /** Lets held ones go, now or when their sender wanted. Rules that were made before do not hold them again. */
  unhold(filter: QueueFilter, by?: Actor): Promise<number>
  /** Sends them to another address, at once. */
  redirect(filter: QueueFilter, address: string, by?: Actor): Promise<number>
  /** Ends them without a report. */
  drop(filter: QueueFilter, by?: Actor): Promise<number>
  /** The same, of those under way, too: they may have arrived, which the trace says; what becomes of the attempt is not recorded. */
  dropNow(filter: QueueFilter, by?: Actor): Promise<number>
  /**
   * Takes them, held ones too, whether or not they are due, to end them by `record`; at most 1,000 messages. Those that somebody
   * works on are left alone.
   */
  take(
    filter: QueueFilter,
    lease: { readonly worker: string; readonly leaseSeconds: number },
  ): Promise<Claim>
  /** Keeps everything for a destination, or for all, from being tried until then; for good where no time is given. */
  pause(
    destination: string | undefined,
    how: { readonly until?: Date | undefined; readonly because: string },
    by: Actor,
  ): Promise<void>
  /** Ends a pause; false where there was none. */
  resume(destination: string | undefined, by: Actor): Promise<boolean>
  pauses(): Promise<readonly QueuePause[]>
  rules(): Promise<readonly QueueRule[]>
  /** Holds what is there and matches, and from now on whatever matches when its turn comes. */
  addRule(
    rule: NewQueueRule,
    by: Actor,
  ): Promise<{ readonly rule: QueueRule; readonly held: number }>
  /** What it holds stays held. False where there is no such rule. */
  removeRule(id: number, by: Actor): Promise<boolean>
}
