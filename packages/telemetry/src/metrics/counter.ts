import type { LabelSpec, LabelsOf } from './label-space.ts'
import { Metric, type Declaration, type OnUndeclared, type Reading } from './metric.ts'
import type { MetricSnapshot } from './snapshot.ts'

/** A number that only grows. All combinations of listed labels are told from the start, as 0. */
export class Counter<Spec extends LabelSpec = LabelSpec> extends Metric<Spec> {
  readonly #counts: Float64Array
  #read: (() => readonly Reading<Spec>[]) | undefined

  constructor(name: string, declaration: Declaration<Spec>, onUndeclared: OnUndeclared) {
    super(name, declaration, onUndeclared)
    this.#counts = new Float64Array(this.space.size)
  }

  /** Counts on. */
  add(labels: LabelsOf<Spec>, by = 1): void {
    const index = this.place(labels)
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + by
  }

  /** For what somebody else counts: is asked whenever somebody looks. */
  readBy(read: () => readonly Reading<Spec>[]): void {
    this.#read = read
  }

  /** How far it has counted. */
  value(labels: LabelsOf<Spec>): number {
    return this.#counts[this.place(labels)] ?? 0
  }

  snapshot(): MetricSnapshot {
    for (const [labels, value] of this.#read?.() ?? []) {
      const index = this.place(labels)
      if (index >= 0) this.#counts[index] = value
    }
    return this.describe(
      'counter',
      this.seriesOf((index) => [this.#counts[index] ?? 0]),
    )
  }
}
