import type { Cursor } from '@posthouse/imap-wire'
import type { Completion } from './completion.ts'
import type { Conversation } from './conversation.ts'
import type { Guest, Member, Reader } from './context.ts'

/** What a verb of each state is given (RFC 3501 §3): what it cannot have there does not exist. */
interface Contexts {
  any: Guest
  stranger: Guest
  member: Member
  selected: Reader
}

/** When a verb may be used: always, before sign-in only, after it, with a mailbox selected. */
export type When = keyof Contexts

/** A verb at work. */
export type Work = Conversation | Promise<Completion>

/** A verb as its file states it. */
export interface Verb<W extends When, Args> {
  /** Upper case; with `UID ` in front for the forms that take UIDs. */
  readonly names: readonly string[]
  readonly state: W
  /** Advertised because of this verb. */
  readonly capabilities?: readonly string[]
  /** What brings a name into the protocol: where that is switched off, there is no such command. */
  extension?(name: string): string | undefined
  /** Refused where the mailbox was opened by EXAMINE. */
  readonly writes?: boolean
  /** Its form without UID is about sequence numbers, which must hold still meanwhile (RFC 3501 §7.4.1). */
  readonly holdsNumbers?: boolean
  /** Pure and total: a mistake of the client is an `ImapSyntaxError`. `name` is the one that was used. */
  parse(cursor: Cursor, name: string): Args
  /** Speaks, or where it has nothing to say before its answer, just works. */
  execute(args: Args, context: Contexts[W]): Work
}

/** A verb with arguments, ready to be carried out. */
export type Prepared = {
  readonly [W in When]: { readonly state: W; readonly run: (context: Contexts[W]) => Work }
}[When]

/** A verb in the command table. */
export interface Command {
  readonly names: readonly string[]
  readonly state: When
  readonly capabilities: readonly string[]
  extension(name: string): string | undefined
  readonly writes: boolean
  readonly holdsNumbers: boolean
  prepare(cursor: Cursor, name: string): Prepared
}

/** Puts a verb into the table's form. Everything that is known about it is in its own file. */
export function command<Args>(verb: Verb<'any', Args>): Command
export function command<Args>(verb: Verb<'stranger', Args>): Command
export function command<Args>(verb: Verb<'member', Args>): Command
export function command<Args>(verb: Verb<'selected', Args>): Command
export function command<W extends When, Args>(verb: Verb<W, Args>): Command {
  return {
    names: verb.names,
    state: verb.state,
    capabilities: verb.capabilities ?? [],
    extension: (name) => verb.extension?.(name),
    writes: verb.writes ?? false,
    holdsNumbers: verb.holdsNumbers ?? false,
    prepare(cursor, name) {
      const args = verb.parse(cursor, name)
      const run = (context: Contexts[W]): Work => verb.execute(args, context)
      return { state: verb.state, run } as Prepared
    },
  }
}
