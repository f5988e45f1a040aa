import type { LabelSpec, LabelsOf } from './label-space.ts'
import { Metric, type Declaration, type OnUndeclared, type Reading } from './metric.ts'
import type { Merge, MetricSnapshot } from './snapshot.ts'

/** What a gauge says of itself. */
export interface GaugeDeclaration<Spec extends LabelSpec> extends Declaration<Spec> {
  /** How the values of several processes become one; they are added up otherwise. */
  readonly merge?: Merge
}

/** A number that goes up and down. What was never set is not told. */
export class Gauge<Spec extends LabelSpec = LabelSpec> extends Metric<Spec> {
  readonly #values: Float64Array
  readonly #merge: Merge
  #read: (() => readonly Reading<Spec>[]) | undefined

  constructor(name: string, declaration: GaugeDeclaration<Spec>, onUndeclared: OnUndeclared) {
    super(name, declaration, onUndeclared)
    this.#values = new Float64Array(this.space.size).fill(Number.NaN)
    this.#merge = declaration.merge ?? 'sum'
  }

  /** From now on it is this. */
  set(labels: LabelsOf<Spec>, value: number): void {
    const index = this.place(labels)
    if (index >= 0) this.#values[index] = value
  }

  /** So much more, or less, than it was; what was never set was 0. */
  change(labels: LabelsOf<Spec>, by: number): void {
    const index = this.place(labels)
    if (index < 0) return
    const value = this.#values[index] ?? Number.NaN
    this.#values[index] = Number.isNaN(value) ? by : value + by
  }

  /** All that there is: what is not among the readings is no longer told. */
  replace(readings: readonly Reading<Spec>[]): void {
    this.#values.fill(Number.NaN)
    for (const [labels, value] of readings) this.set(labels, value)
  }

  /** Is asked whenever somebody looks; a later one takes its place. */
  readBy(read: () => readonly Reading<Spec>[]): void {
    this.#read = read
  }

  snapshot(): MetricSnapshot {
    if (this.#read !== undefined) this.replace(this.#read())
    const numbersAt = (index: number): readonly number[] | undefined => {
      const value = this.#values[index] ?? Number.NaN
      return Number.isFinite(value) ? [value] : undefined
    }
    return this.describe('gauge', this.seriesOf(numbersAt), [], this.#merge)
  }
}
