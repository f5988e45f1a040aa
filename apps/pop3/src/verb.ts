import type { Secret } from '@posthouse/config'
import type { LoginMechanism } from '@posthouse/store'
import type { Completion } from './completion.ts'
import type { Maildrop } from './maildrop.ts'

/** What every verb may know. */
export interface Anyone {
  readonly isSecure: boolean
  /** Passwords may be sent on this connection. */
  readonly mayUsePassword: boolean
  /** Capability lines of the moment (RFC 2449 §5). */
  capabilities(): Promise<readonly string[]>
}

/** The AUTHORIZATION state (RFC 1939 §4). */
export interface Stranger extends Anyone {
  readonly state: 'authorization'
  /** What USER said; PASS takes it away. */
  user: string | undefined
  signIn(login: string, password: Secret, mechanism?: LoginMechanism): Promise<Completion>
}

/** The TRANSACTION state (RFC 1939 §5). */
export interface Member extends Anyone {
  readonly state: 'transaction'
  readonly maildrop: Maildrop
}

/** A dialogue within a command: challenges out, the client's lines in, one completion. */
export type Conversation = AsyncGenerator<string, Completion, Buffer>

type Outcome = Completion | Promise<Completion> | Conversation

interface ContextOf {
  readonly authorization: Stranger
  readonly transaction: Member
  readonly any: Stranger | Member
}

/** When a verb may be used. */
export type VerbState = keyof ContextOf

/** What a verb's file says about it. */
export interface VerbSpec<State extends VerbState, Args> {
  readonly name: string
  readonly state: State
  /** How it is written, for a client that wrote it otherwise. */
  readonly usage: string
  /** Its line in the capability list, if it has one now (RFC 2449 §6). */
  readonly capability?: (
    context: Anyone & { readonly state: Stranger['state'] | Member['state'] },
  ) => string | undefined
  /** Reads what stands behind the verb and its space; undefined when that is not right. */
  readonly parse: (rest: Buffer) => Args | undefined
  readonly execute: (args: Args, context: ContextOf[State]) => Outcome
}

/** A verb in the table: its arguments' type is its own business. */
export interface Verb<State extends VerbState> {
  readonly name: string
  readonly state: State
  readonly usage: string
  readonly capability: NonNullable<VerbSpec<State, never>['capability']>
  /** Undefined when the arguments are not right. */
  run(rest: Buffer, context: ContextOf[State]): Outcome | undefined
}

/** Any verb; `state` tells which context it runs in. */
export type AnyVerb = Verb<'authorization'> | Verb<'transaction'> | Verb<'any'>

/** Makes a table entry of a spec. */
export function command<State extends VerbState, Args>(spec: VerbSpec<State, Args>): Verb<State> {
  return {
    name: spec.name,
    state: spec.state,
    usage: spec.usage,
    capability: spec.capability ?? (() => undefined),
    run(rest, context) {
      const args = spec.parse(rest)
      return args === undefined ? undefined : spec.execute(args, context)
    },
  }
}
