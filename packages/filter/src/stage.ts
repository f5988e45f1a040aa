import type { FilterMessage } from './filter-message.ts'

/** One thing that speaks for or against a message. */
export interface Finding {
  /** `DATE_FAR_AWAY`: stable, upper case, [A-Z0-9_]. */
  readonly symbol: string
  /** Above 0 speaks for spam, below 0 for ham. */
  readonly points: number
  /** In words, with what was seen: one line, for people here. Foreign text in it is cleaned when it is shown. */
  readonly reason: string
}

/**
 * What a stage says besides points. `virus`: never to a mailbox (554 5.6.0, or quarantine where so configured); `policy`: not
 * taken here (attachments; 554 5.7.1); `quarantine`: kept aside whatever the points; `defer`: ask again later (greylisting).
 */
export interface Ruling {
  readonly kind: 'virus' | 'policy' | 'quarantine' | 'defer'
  /** The finding that it rests on. */
  readonly symbol: string
  /** What a stranger may read, and act on: ASCII, one line, nothing of ours in it. */
  readonly text: string
  /** It counts only where the message's points, of all stages, lie in this range (the second left out). */
  readonly between?: readonly [number, number]
}

/** What a stage found. */
export interface StageResult {
  readonly findings: readonly Finding[]
  readonly ruling?: Ruling
}

/** What counts where a stage fails or takes too long: the whole message waits (451), it is marked, or nothing. */
export type OnFailure = 'defer' | 'tag' | 'pass'

/** One stage of the pipeline. Stages know nothing of each other and run at the same time. */
export interface Stage {
  /** `clamd`, `links`: in the trace, in the settings, in `filter status`. */
  readonly name: string
  readonly directions: readonly ('inbound' | 'outbound')[]
  readonly deadlineMs: number
  readonly onFailure: OnFailure
  /** Rejects where it could not look; then `onFailure` counts. Stops when the signal says so. */
  examine(message: FilterMessage, signal: AbortSignal): Promise<StageResult>
  /** How it is, for `filter status`; absent: always well. */
  health?(): StageHealth
  close?(): Promise<void>
}

/** A stage's health, in words. */
export interface StageHealth {
  readonly isWell: boolean
  /** It failed so often that it is left alone for a while: mail that comes now is not looked at. */
  readonly isResting?: true
  readonly text: string
}
