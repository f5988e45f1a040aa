import type { Completion } from './completion.ts'

/** Asks the client for a line (RFC 3501 §7.5); the value of the `yield` is the line without CRLF. */
export interface Prompt {
  readonly kind: 'prompt'
  /** Goes behind `+ `: a SASL challenge in base64, or words. */
  readonly text: string
}

/**
 * Waits for a line or for something else, whichever is first (IDLE). The value of the `yield` is
 * the line, or undefined when `wake` came first. What was yielded before is sent at once.
 */
export interface Listen {
  readonly kind: 'listen'
  readonly wake: Promise<void>
}

/** A response, or the beginning of one, that names the command's tag: only the session knows it. */
export interface Correlated {
  readonly kind: 'correlated'
  format(tag: string): Buffer
}

/**
 * How far a long command has come: the session tells the client from time to time (RFC 9585). Said
 * between responses, never inside of one.
 */
export interface Progress {
  readonly kind: 'progress'
  readonly done: number
  readonly goal: number
}

/** What a verb may say before it is done: finished untagged responses (with CRLF), or a question. */
export type Said = Buffer | Prompt | Listen | Correlated | Progress

/**
 * A verb at work. Untagged data is yielded, so that it flows with back-pressure; the tagged answer
 * is the return value, so that nobody forgets it or gives it twice.
 */
export type Conversation = AsyncGenerator<Said, Completion, Buffer | undefined>

/** A question that is answered by a line. */
export function prompt(text: string): Prompt {
  return { kind: 'prompt', text }
}

/** A response with the command's tag in it. */
export function correlated(format: (tag: string) => Buffer): Correlated {
  return { kind: 'correlated', format }
}

/** `done` of `goal` is done. */
export function progress(done: number, goal: number): Progress {
  return { kind: 'progress', done, goal }
}

/** A question that an event may answer instead. */
export function listen(wake: Promise<void>): Listen {
  return { kind: 'listen', wake }
}
