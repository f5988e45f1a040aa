/** How long senders wait, in seconds. */
export interface GreylistTimes {
  /** A sender that comes again sooner waits on. */
  readonly afterSeconds: number
  /** One that comes again later is new. */
  readonly withinSeconds: number
  /** One that passed, and did not come for so long, is new. */
  readonly keepSeconds: number
}

/** Strangers that were put off once, kept by the store. */
export interface GreylistStore {
  /** A sender comes to these accounts: whether it passes, which it does for all when it does for one. */
  attempt(sender: string, accounts: readonly string[], times: GreylistTimes): Promise<boolean>
}

/** Whom accounts wrote to, kept by the store. */
export interface Correspondence {
  /** Which of these accounts wrote to the address lately. */
  correspondents(accounts: readonly string[], address: string): Promise<ReadonlySet<string>>
}
