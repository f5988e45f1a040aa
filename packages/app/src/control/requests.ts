import type { LevelChange, LogLevelName, ProcessSnapshot } from '@posthouse/telemetry'

/** What a process of the suite can be asked while it runs: the name of the request, what it takes, what it gives. */
export interface Requests {
  /** Who is signed in. */
  readonly sessions: (which: SessionsWanted) => Answer<readonly SessionFacts[]>
  /** Ends sessions; answered when they are gone. */
  readonly kick: (whom: Kick) => Answer<Kicked>
  /** Everything that the process counts, as its registry gives it. */
  readonly metrics: (nothing: null) => Answer<ProcessSnapshot>
  /** Whether it does its work. */
  readonly health: (nothing: null) => Answer<Health>
  /** Takes into use what can change while it runs: the certificate. */
  readonly reload: (nothing: null) => Answer<null>
  /** Logs more or less of something for a while; answered with the changes that hold then. */
  readonly 'log-level': (change: LevelWanted | null) => Answer<readonly LevelChange[]>
}

/** The name of a request. */
export type RequestName = keyof Requests

/** What a request takes. */
export type Ask<N extends RequestName> = Parameters<Requests[N]>[0]

/** What a request gives. */
export type Given<N extends RequestName> = Awaited<ReturnType<Requests[N]>>

type Answer<T> = T | Promise<T>

/** Protocols that people sign in by. */
export const sessionProtocols = ['imap', 'pop3', 'submission'] as const

/** One of them. */
export type SessionProtocol = (typeof sessionProtocols)[number]

/** All sessions, or those of one account. */
export interface SessionsWanted {
  /** Its id. */
  readonly account?: string | undefined
}

/** One session of somebody who signed in. */
export interface SessionFacts {
  /** The connection's id, as the log has it. */
  readonly id: string
  readonly protocol: SessionProtocol
  /** The account's id. */
  readonly account: string
  readonly address: string
  /** Of the sign-in, RFC 3339. */
  readonly since: string
  /** The client's address. */
  readonly client: string
  /** `TLSv1.3`; null in clear text. */
  readonly tls: string | null
  /** What the client calls itself (IMAP ID, EHLO); null where it said nothing. */
  readonly program: string | null
  /** The id of the app password that was used; null for the account's own. */
  readonly appPassword: string | null
  /** What it is doing: `idle INBOX`, `fetch INBOX`, `waiting`. */
  readonly state: string
}

/** Another level for what is logged; null asks for nothing but the changes that hold. */
export interface LevelWanted {
  /** An app, the first words of events, or `all`. */
  readonly module: string
  /** Absent: what was configured, at once. */
  readonly level?: LogLevelName | undefined
  readonly seconds: number
}

/** The sessions of one account that are to end: all, or those of one protocol. */
export interface Kick {
  readonly account: string
  readonly protocol?: SessionProtocol | undefined
}

/** How many heard goodbye, and how many had to be cut because they did not come to an end. */
export interface Kicked {
  readonly ended: number
  readonly cut: number
}

/** Whether a process does its work; where not, why. */
export interface Health {
  readonly isWell: boolean
  readonly because: string | null
}

/** One process's part of an answer. One that does not answer is told of, and does not spoil the others' answers. */
export type Part<T> =
  | { readonly app: string; readonly pid: number; readonly answer: T }
  | { readonly app: string; readonly pid: number; readonly silent: string }
