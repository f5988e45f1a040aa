import type { ModelOp } from './protocol.ts'

/** What a round of the model test has come to. */
export type Event = ModelOp['kind'] | 'look' | 'kill' | 'in doubt'

/** Kinds of operations: everything else in a tally is not one. */
export const operationKinds: readonly ModelOp['kind'][] = [
  'deliver',
  'append',
  'store',
  'expunge',
  'copy',
  'move',
  'create',
  'rename',
  'delete',
  'restore',
  'undelete',
  'tend',
  'purge',
  'close',
  'listen',
]

/** Counts events by kind. */
export class Tally {
  readonly #counts = new Map<Event, number>()

  count(what: Event, times = 1): void {
    this.#counts.set(what, this.of(what) + times)
  }

  of(what: Event): number {
    return this.#counts.get(what) ?? 0
  }

  /** Operations that were answered. */
  get operations(): number {
    return operationKinds.reduce((sum, kind) => sum + this.of(kind), 0)
  }

  add(other: Tally): void {
    for (const [what, times] of other.#counts) this.count(what, times)
  }

  toString(): string {
    const parts = [...this.#counts].toSorted(([, a], [, b]) => b - a)
    return parts.map(([what, times]) => `${what} ${times}`).join(', ')
  }
}
