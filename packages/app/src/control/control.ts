import type { Ask, Given, Part, RequestName, Requests } from './requests.ts'

/** What one app may ask of all others: what only reads. */
export type OpenRequest = 'sessions' | 'metrics' | 'health'

/** The line to the suite: how an app is asked while it runs, and how it asks. */
export interface Control {
  /** From now on this app answers such requests. */
  handle<N extends RequestName>(name: N, answer: Requests[N]): void
  /** Asks every process of the suite, this one, too. Never throws: who is silent is a part that says why. */
  ask<N extends OpenRequest>(name: N, args: Ask<N>): Promise<readonly Part<Given<N>>[]>
}
