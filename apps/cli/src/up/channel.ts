import type { LogQuestion } from '@posthouse/telemetry'
import type { OpenPort, OpenRequest, Part, RequestName, Want } from '@posthouse/app'

/** What an app's process tells the process that runs it. */
export type ToParent =
  | { readonly kind: 'ready'; readonly listeners: readonly OpenPort[] }
  | { readonly kind: 'failed'; readonly message: string; readonly isFinal: boolean }
  | AskForPlaces
  | GivePlaces
  | ProcessParts
  | Inquiry
  | LogLines

/** A worker wants places of the whole crew's: it is answered. */
export interface AskForPlaces {
  readonly kind: 'take'
  readonly ticket: number
  readonly wants: readonly Want[]
}

/** A worker gives places back. */
export interface GivePlaces {
  readonly kind: 'give'
  readonly keys: readonly string[]
}

/** The answer to `take`. */
export interface PlacesAnswer {
  readonly kind: 'places'
  readonly ticket: number
  readonly areTaken: boolean
}

/** A process is asked something, with all that it runs: it answers with `parts`. */
export interface AskProcess {
  readonly kind: 'ask'
  readonly ticket: number
  readonly name: RequestName
  readonly args: object | null
  readonly deadlineMs: number
}

/** The answer to `ask`. */
export interface ProcessParts {
  readonly kind: 'parts'
  readonly ticket: number
  readonly parts: readonly Part<unknown>[]
}

/** Somebody listens to the log of a process and of all that it runs, until `unfollow`: it is sent `lines`. */
export interface FollowLog {
  readonly kind: 'follow'
  readonly ticket: number
  readonly question: LogQuestion
}

/** Nobody listens any more. */
export interface UnfollowLog {
  readonly kind: 'unfollow'
  readonly ticket: number
}

/** What was logged, and how many lines were left out because too much came at once. */
export interface LogLines {
  readonly kind: 'lines'
  readonly ticket: number
  readonly lines: readonly string[]
  readonly dropped: number
}

/** An app wants to know something of the whole suite: it is answered with `gathered`. */
export interface Inquiry {
  readonly kind: 'inquire'
  readonly ticket: number
  readonly name: OpenRequest
  readonly args: object | null
}

/** The answer to `inquire`. */
export interface Gathered {
  readonly kind: 'gathered'
  readonly ticket: number
  readonly parts: readonly Part<unknown>[]
}

/** What that process tells the app: stop politely; what a worker asked; a question, or the answer to one; that somebody listens. */
export type ToChild =
  | { readonly kind: 'drain' }
  | PlacesAnswer
  | AskProcess
  | Gathered
  | FollowLog
  | UnfollowLog

const toParent = new Set(['ready', 'failed', 'take', 'give', 'parts', 'inquire', 'lines'])
const toChild = new Set(['drain', 'places', 'ask', 'gathered', 'follow', 'unfollow'])

/** Reads a message from an app's process; nothing for anything else. */
export function readToParent(message: unknown): ToParent | undefined {
  return isOneOf(message, toParent) ? (message as ToParent) : undefined
}

/** Reads a message to an app's process; nothing for anything else. */
export function readToChild(message: unknown): ToChild | undefined {
  return isOneOf(message, toChild) ? (message as ToChild) : undefined
}

function isOneOf(message: unknown, kinds: ReadonlySet<string>): boolean {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  return kinds.has(String(message.kind))
}
