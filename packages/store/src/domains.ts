import type { Actor, Rehearsal } from './audit.ts'

/** Where mail of a domain goes whose address nobody has. */
export interface CatchAll {
  /** An account or an alias of ours, when it was set. */
  readonly address: string
  /** Whoever it leads to may write as any address of the domain that is not somebody else's. */
  readonly maySend: boolean
}

/** A domain that we are the final destination of. */
export interface Domain {
  /** Lower-case A-label. */
  readonly name: string
  readonly createdAt: Date
  readonly accounts: number
  readonly aliases: number
  /** Its mail is refused (550 5.2.1), and nobody of it may sign in; everything is kept. */
  readonly isDisabled: boolean
  /** The domain whose addresses are this one's, too; it has none of its own then. */
  readonly aliasOf: string | undefined
  /** The domains that are aliases of this one. */
  readonly domainAliases: readonly string[]
  readonly catchAll: CatchAll | undefined
}

/** What is to be otherwise about a domain; what is not named stays. */
export interface DomainChange {
  /** An address; undefined: none any more. */
  readonly catchAll?: { readonly address: string | undefined }
  readonly catchAllMaySend?: boolean
}

/**
 * Why a domain did not become an alias of another. `unknown-domain`: the other one is not hosted. `not-empty`: it has accounts or
 * aliases of its own, or an address of last resort. `chained`: the other one is an alias itself, or this one has aliases.
 * `taken`: it is an alias of a third one. `ring`: these aliases would lead to nothing but themselves.
 */
export type DomainAliasRefusal =
  | {
      readonly reason: 'malformed' | 'unknown-domain' | 'self' | 'not-empty' | 'chained' | 'exists'
    }
  | { readonly reason: 'taken'; readonly aliasOf: string }
  | { readonly reason: 'ring'; readonly addresses: readonly string[] }

/** Hosted domains. Mail to their postmaster@ and abuse@ goes to their first account until an alias says otherwise. */
export interface Domains {
  /** `unknown-target`: nobody has the address of last resort. */
  create(
    name: string,
    by: Actor,
    options?: { readonly catchAll?: string | undefined } & Rehearsal,
  ): Promise<'done' | 'exists' | 'malformed' | 'unknown-target'>
  list(): Promise<readonly Domain[]>
  show(name: string): Promise<Domain | undefined>
  /** `unknown-target`: nobody has the address of last resort; `alias`: an alias of a domain has none of its own. */
  change(
    name: string,
    change: DomainChange,
    by: Actor,
    options?: Rehearsal,
  ): Promise<'done' | 'not-found' | 'unknown-target' | 'alias'>
  /** Sessions of a disabled domain's accounts end. What they have in the queue is still sent. */
  setEnabled(name: string, isEnabled: boolean, by: Actor): Promise<'done' | 'not-found'>
  /**
   * Makes every address of the other domain an address of this one, which is made where it is not there. It has its own keys
   * for signing. Mail is delivered, and people sign in and write, under both.
   */
  addAlias(
    name: string,
    of: string,
    by: Actor,
    options?: Rehearsal,
  ): Promise<{ readonly ok: true } | ({ readonly ok: false } & DomainAliasRefusal)>
  /** It stays as a domain of its own, without an address. */
  removeAlias(name: string, of: string, by: Actor): Promise<'done' | 'not-found'>
  /** Refuses while accounts or aliases stand in it, or while domains are aliases of it. */
  remove(name: string, by: Actor): Promise<'done' | 'not-found' | 'not-empty' | 'has-aliases'>
}
