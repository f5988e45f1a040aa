/** Numbers of the pace at which providers are asked; none of them needs tuning on a small host. Rates are messages a minute. */
export interface PaceLimits {
  /** Connections to one provider, when it takes all that it gets. More is impolite; Postfix opens up to 20 to a domain. */
  readonly connections: number
  /** What an address that is new at a provider may send there, before it doubles for the first time. */
  readonly ramp: number
  /** What it may send at once before that counts: who sends letters and no campaigns never notices. */
  readonly rampBurst: number
  /** It doubles after so long without a complaint. Reputations are made by the day. */
  readonly rampEveryMs: number
  /** From here on a source is no newcomer any more. */
  readonly rampTop: number
  /** Slowest, whatever the complaints. */
  readonly lowestRate: number
  /** After a complaint a rate grows by a quarter in each of these spans without one. */
  readonly recoveryMs: number
  /** A rate that has grown this far is none any more. */
  readonly rateTop: number
  /** So many complaints in a row, nothing being taken in between, and the provider is left alone for a while. */
  readonly complaints: number
  /** So many final refusals of us in a row: senders hear of these, and not of hundreds more before somebody could look. */
  readonly refusals: number
  /** So many broken connections and temporary refusals in a row. Postfix has 10 for a destination. */
  readonly troubles: number
  /** The first suspension; each further one in a row takes twice as long. */
  readonly suspensionMs: number
  readonly longestSuspensionMs: number
  /** A provider that has refused us for so long means it: from then on its refusals go to the senders. */
  readonly patienceMs: number
  /** How much earlier that message is due than the others. */
  readonly leadMs: number
  /** How long the message that finds out may take before another worker tries. */
  readonly probeHoldMs: number
}

/** What a worker in production uses. */
export const paceLimits: PaceLimits = {
  connections: 20,
  ramp: 20,
  rampBurst: 500,
  rampEveryMs: 86_400_000,
  rampTop: 5_000,
  lowestRate: 1,
  recoveryMs: 60_000,
  rateTop: 6_000,
  complaints: 3,
  refusals: 5,
  troubles: 10,
  suspensionMs: 5 * 60_000,
  longestSuspensionMs: 2 * 3_600_000,
  patienceMs: 86_400_000,
  leadMs: 20_000,
  probeHoldMs: 10 * 60_000,
}
