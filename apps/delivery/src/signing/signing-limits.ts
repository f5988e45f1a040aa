/** Numbers of signing; tests move some of them. */
export interface SigningLimits {
  /** How long keys are used without looking whether they changed: wake-ups may be lost. */
  readonly keyMs: number
  /** Between two looks for keys that are to move on. */
  readonly keyWatchMs: number
}

/** What a worker in production uses. */
export const signingLimits: SigningLimits = { keyMs: 60_000, keyWatchMs: 60_000 }
