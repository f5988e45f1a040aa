import type { Actor } from './audit.ts'

/** An address that stands for others. */
export interface Alias {
  readonly address: string
  /** Local or remote addresses, in the order given. */
  readonly targets: readonly string[]
  readonly createdAt: Date
}

/**
 * Why an alias was not made. `malformed-target` and `self` name the target; `exists`: an account or alias has the address;
 * `too-many`: more than 1,000 targets.
 */
export type AliasRefusal =
  | { readonly reason: 'malformed' | 'unknown-domain' | 'exists' | 'no-targets' | 'too-many' }
  | { readonly reason: 'malformed-target' | 'self'; readonly target: string }

/** Aliases. A chain of them is followed; a ring leads nowhere and is refused at RCPT. */
export interface Aliases {
  create(
    address: string,
    targets: readonly string[],
    by: Actor,
  ): Promise<{ readonly ok: true } | ({ readonly ok: false } & AliasRefusal)>
  list(filter?: { readonly domain?: string }): Promise<readonly Alias[]>
  show(address: string): Promise<Alias | undefined>
  remove(address: string, by: Actor): Promise<'done' | 'not-found'>
}
