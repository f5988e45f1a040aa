import type { Actor, Rehearsal } from './audit.ts'

/** An address that stands for others. */
export interface Alias {
  readonly address: string
  /** Local or remote addresses, in the order given. */
  readonly targets: readonly string[]
  /** Accounts that it leads to may write as it. */
  readonly maySend: boolean
  readonly createdAt: Date
}

/**
 * Why an alias was not made. `malformed-target` and `self` name the target; `exists`: an account or alias has the address;
 * `too-many`: more than 1,000 targets; `domain-alias`: its domain has the addresses of another and none of its own; `ring`: it
 * would lead to nothing but itself, by these addresses.
 */
export type AliasRefusal =
  | {
      readonly reason:
        | 'malformed'
        | 'unknown-domain'
        | 'domain-alias'
        | 'exists'
        | 'no-targets'
        | 'too-many'
    }
  | { readonly reason: 'malformed-target' | 'self'; readonly target: string }
  | { readonly reason: 'ring'; readonly addresses: readonly string[] }

/** Aliases. A chain of them is followed; a ring that leads nowhere else is not made, and refused at RCPT. */
export interface Aliases {
  /**
   * Unless it is said, an alias of one target may be written as (it is another address of that person's), and one of several
   * not (it is a list).
   */
  create(
    address: string,
    targets: readonly string[],
    by: Actor,
    options?: { readonly maySend?: boolean | undefined } & Rehearsal,
  ): Promise<{ readonly ok: true } | ({ readonly ok: false } & AliasRefusal)>
  list(filter?: { readonly domain?: string }): Promise<readonly Alias[]>
  show(address: string): Promise<Alias | undefined>
  /** Lets the accounts that it leads to write as it, or not. */
  setSending(address: string, maySend: boolean, by: Actor): Promise<'done' | 'not-found'>
  remove(address: string, by: Actor): Promise<'done' | 'not-found'>
}
