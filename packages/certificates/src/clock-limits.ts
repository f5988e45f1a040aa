/** How often things are looked at. */
export interface ClockLimits {
  /** Before the first round: the web listeners are up by then. */
  readonly firstMs: number
  /** Between two rounds. */
  readonly everyMs: number
  /** Between two looks for names that a certificate is not for yet. */
  readonly namesMs: number
  /** Between two questions when the authority wants a certificate renewed (RFC 9773 §4.3). */
  readonly windowMs: number
}

const minute = 60_000
/** Questions about renewal windows in one round: a house of a thousand domains asks over some hours. */
export const mostQuestions = 20

/** A host's certificate is kept for a quarter of a year after its end, for its key is named in DNS. */
export const hostForgottenSeconds = 90 * 24 * 3600
/** One that never came: twice as long as the longest rest of ours after a failure. */
export const failureForgottenMs = 48 * 60 * minute

/** In production. */
export const clockLimits: ClockLimits = {
  firstMs: 10_000,
  everyMs: 2 * minute,
  namesMs: 60 * minute,
  windowMs: 6 * 60 * minute,
}
