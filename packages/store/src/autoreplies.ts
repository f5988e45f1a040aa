import type { Actor } from './audit.ts'
import type { Delivery } from './delivery.ts'
import type { AccountId } from './ids.ts'

/** What an account answers while its owner is away. */
export interface Autoreply {
  /** Undefined: `Auto:` and the subject of what is answered. */
  readonly subject?: string
  /** Plain text. */
  readonly body: string
  /** From then on; undefined: at once. */
  readonly from?: Date
  /** Until then; undefined: until it is cleared. */
  readonly until?: Date
}

/** One that is to be sent. */
export interface DueAutoreply extends Autoreply {
  /** The person's; empty where none is known. */
  readonly name: string
}

/** How it stands. */
export interface AutoreplyState extends Autoreply {
  readonly address: string
  readonly isActive: boolean
  /** Senders that were answered in the last seven days. */
  readonly answered: number
  readonly setAt: Date
}

/** Answers in an absence (RFC 3834): each sender once in seven days (RFC 5230 §4.1), over all processes and restarts. */
export interface Autoreplies {
  /** Sets it; who was answered before is answered again. */
  set(account: string, reply: Autoreply, by: Actor): Promise<'done' | 'not-found' | 'unfit'>
  show(account: string): Promise<AutoreplyState | undefined>
  clear(account: string, by: Actor): Promise<'done' | 'not-found'>
  /**
   * What the account answers this sender now; undefined where it answers nothing, or did already. From memory for accounts that
   * have none, which is almost all.
   */
  due(account: AccountId, sender: string): Promise<DueAutoreply | undefined>
  /**
   * Delivers, or queues, an answer and notes in the same transaction that the sender has got it; false where another process
   * was first.
   */
  answer(account: AccountId, sender: string, delivery: Delivery): Promise<boolean>
}
