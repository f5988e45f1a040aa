import type { Actor } from './audit.ts'

/** A domain that we are the final destination of. */
export interface Domain {
  /** Lower-case A-label. */
  readonly name: string
  readonly createdAt: Date
  readonly accounts: number
  readonly aliases: number
}

/** Hosted domains. Mail to their postmaster@ and abuse@ goes to their first account until an alias says otherwise. */
export interface Domains {
  create(name: string, by: Actor): Promise<'done' | 'exists' | 'malformed'>
  list(): Promise<readonly Domain[]>
  show(name: string): Promise<Domain | undefined>
  /** Refuses while accounts or aliases stand in it. */
  remove(name: string, by: Actor): Promise<'done' | 'not-found' | 'not-empty'>
}
