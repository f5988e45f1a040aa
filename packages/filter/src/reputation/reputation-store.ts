/** How a sender fared, in counts that halve every month. */
export interface Fame {
  readonly spam: number
  readonly ham: number
}

/**
 * What is remembered of senders, by the store. A subject is `d:` an authenticated domain, `a:` an address at one, or `u:` an
 * address that nothing vouches for.
 */
export interface ReputationStore {
  /** Of those of which something is known: the account's own experience, or (undefined) everybody's. */
  fame(subjects: readonly string[], account: string | undefined): Promise<ReadonlyMap<string, Fame>>
  /** One more message of these. */
  note(subjects: readonly string[], isSpam: boolean, account: string | undefined): Promise<void>
  /** Which of these accounts wrote to the address. */
  correspondents(accounts: readonly string[], address: string): Promise<ReadonlySet<string>>
}
