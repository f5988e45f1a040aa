/** A delay notice is sent to the sender once a message is this old. */
export const delayNoticeSeconds = 4 * 3600

/** A message that is older than this is given up (RFC 5321 §4.5.4.1 asks for 4 to 5 days). */
export const lifetimeSeconds = 5 * 24 * 3600

const MINUTE = 60
const FIRST_WAITS = [5, 10, 20, 40, 80].map((minutes) => minutes * MINUTE)
const LATER_WAIT = 120 * MINUTE

/**
 * Seconds until the next attempt after attempt number `attempt` (from 1): 5, 10, 20, 40, 80
 * minutes, then every 2 hours, each up to 20 % less or more, so that what failed together does not
 * come back together. `random` is from 0 to 1.
 */
export function retryInSeconds(attempt: number, random: number = Math.random()): number {
  const wait = FIRST_WAITS[attempt - 1] ?? LATER_WAIT
  return Math.round(wait * (0.8 + 0.4 * random))
}
