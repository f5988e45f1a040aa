/** How much guessing is borne. Each number has its reason; tests use others. */
export interface LoginLimits {
  /** Failures of one login from one client before further attempts are held up. People mistype; programs with an old password insist. */
  readonly ofLogin: number
  /** Failures of all logins from one network before newcomers are held up. An office shares one address. */
  readonly ofNetwork: number
  /** A count halves in this time: with 20 and a quarter of an hour, a guesser is left with one attempt a minute. */
  readonly halfLifeSeconds: number
  /** Where the owner has signed in before, an attempt waits this long for each failure too many, instead of being refused. */
  readonly paceMs: number
  /** … but no longer than this: a person waits. */
  readonly longestPaceMs: number
  /** Attempts of one login from one such client that wait at a time, in one process. */
  readonly waiting: number
  /** Rows of failures that are kept; the oldest go. */
  readonly rows: number
}

/** The defaults. */
export const loginLimits: LoginLimits = {
  ofLogin: 20,
  ofNetwork: 100,
  halfLifeSeconds: 15 * 60,
  paceMs: 100,
  longestPaceMs: 3_000,
  waiting: 25,
  rows: 100_000,
}
