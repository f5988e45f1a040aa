/** Numbers of what protects deliveries; tests move some of them. */
export interface TlsLimits {
  /** Between two writes of what was noted. */
  readonly tlsNoteMs: number
  /** Between two looks for MTA-STS policies that are about to expire. */
  readonly stsRefreshMs: number
  /** An authority that is trusted, too: other hosts' and policy hosts' certificates. For tests. */
  readonly ca?: string
}

/** What a worker in production uses. */
export const tlsLimits: TlsLimits = {
  tlsNoteMs: 5_000,
  stsRefreshMs: 10 * 60_000,
}
