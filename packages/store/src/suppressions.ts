import type { Actor } from './audit.ts'

/** An address that nothing is sent to. */
export interface Suppression {
  readonly address: string
  /** A person's words, or the remote host's. */
  readonly because: string
  /** `delivery`: hosts said repeatedly that there is no such mailbox. */
  readonly by: 'operator' | 'delivery'
  readonly since: Date
  /** Undefined: until an operator removes it. */
  readonly until: Date | undefined
}

/** Addresses that nothing is sent to: mail for them comes back at once, with a report. Compared without case. */
export interface Suppressions {
  /** Those of these addresses that are suppressed now. */
  find(addresses: readonly string[]): Promise<readonly Suppression[]>
  /** All of now, by address. */
  list(): Promise<readonly Suppression[]>
  /** In place of what was known of the address. */
  add(
    address: string,
    how: { readonly because: string; readonly until?: Date | undefined },
    by: Actor,
  ): Promise<void>
  /** False where it was not suppressed. Bounces are counted from the beginning again. */
  remove(address: string, by: Actor): Promise<boolean>
}
