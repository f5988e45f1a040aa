/** A name that is to be proved, and the answer to what is asked (RFC 8555 §8.1). */
export interface Proof {
  readonly name: string
  readonly token: string
  /** The key authorization. */
  readonly answer: string
}

/** A way to prove names: what it publishes, the authority looks at. */
export interface Prover {
  /** As the authority calls it. */
  readonly kind: 'http-01' | 'tls-alpn-01' | 'dns-01'
  /**
   * Publishes the answers, and waits until they can be seen, or for as long as that is likely.
   *
   * @throws AcmeProblem where nothing can be published
   */
  publish(proofs: readonly Proof[], signal: AbortSignal | undefined): Promise<void>
  /** Takes them back. Never rejects. */
  withdraw(proofs: readonly Proof[]): Promise<void>
  /** What was seen of a name's answer from here, where it was not what it should be. */
  remark(name: string): string | undefined
}
