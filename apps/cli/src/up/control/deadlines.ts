import type { RequestName } from '@posthouse/app'

/**
 * How long an answer may take, the whole suite's: what is looked up in memory comes at once, and whoever asks waits for it at a
 * terminal. Sessions that are ended get time to finish their command.
 */
export const answerMs: Readonly<Record<RequestName, number>> = {
  sessions: 5_000,
  kick: 15_000,
  metrics: 5_000,
  health: 5_000,
  reload: 10_000,
  'log-level': 5_000,
}

/** For a process further away, so that the one that asks it can still tell of its silence. */
export function nearer(deadlineMs: number): number {
  return Math.ceil(deadlineMs * 0.9)
}
