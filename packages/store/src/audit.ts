/** Who changes something: the operating system's user at the command line, or a part of Posthouse. */
export interface Actor {
  /** `cli`, `start`, … */
  readonly via: string
  /** The user's name; `''` where there is none. */
  readonly user: string
}

/** How a change is made. `isRehearsal`: all of it is tried, and nothing is changed. */
export interface Rehearsal {
  readonly isRehearsal?: boolean | undefined
}

/** One line of the audit trail. Written in the transaction of the change it tells of. Never holds secrets. */
export interface AuditEntry {
  readonly at: Date
  readonly actor: Actor
  /** Dotted and stable: `account.created`. */
  readonly action: string
  /** What was changed: an address, a domain, a queue id. */
  readonly object: string
  readonly details: Readonly<Record<string, unknown>>
}

/** The trail of administrative changes. */
export interface Audit {
  /** Notes a change that is not made through the store itself. */
  write(
    actor: Actor,
    action: string,
    object: string,
    details?: Record<string, unknown>,
  ): Promise<void>
  /** Newest first. */
  list(filter?: {
    readonly object?: string
    readonly user?: string
    readonly since?: Date
    readonly limit?: number
  }): Promise<readonly AuditEntry[]>
}
