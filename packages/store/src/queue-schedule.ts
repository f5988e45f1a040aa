/** Pauses after the first attempts, in minutes; after that every two hours (DESIGN.md, Decided once). */
const firstPauses = [5, 10, 20, 40, 80]
const laterPause = 120

/** A delay notice goes out when a message has waited this long. */
export const delayNoticeSeconds = 4 * 3_600

/** After this a message is returned. */
export const lifetimeSeconds = 5 * 86_400

/**
 * Seconds until the next try after the given attempt (from 1): spread by a fifth to either side, so that what failed together
 * does not come back together. `random` is between 0 and 1.
 */
export function retryDelaySeconds(attempt: number, random: number = Math.random()): number {
  const minutes = firstPauses[attempt - 1] ?? laterPause
  return Math.round(minutes * 60 * (0.8 + 0.4 * random))
}
