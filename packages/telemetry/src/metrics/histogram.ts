import type { LabelSpec, LabelsOf } from './label-space.ts'
import { Metric, type Declaration, type OnUndeclared } from './metric.ts'
import type { MetricSnapshot } from './snapshot.ts'

/** What a histogram says of itself. */
export interface HistogramDeclaration<Spec extends LabelSpec> extends Declaration<Spec> {
  /** Upper bounds of the buckets, rising. */
  readonly bounds: readonly number[]
}

/** How often a value fell into which bucket, and the sum of all values. What never happened is not told. */
export class Histogram<Spec extends LabelSpec = LabelSpec> extends Metric<Spec> {
  readonly #bounds: readonly number[]
  /** For each combination its buckets, the infinite one, the sum. */
  readonly #numbers: Float64Array
  readonly #width: number

  constructor(name: string, declaration: HistogramDeclaration<Spec>, onUndeclared: OnUndeclared) {
    super(name, declaration, onUndeclared)
    this.#bounds = declaration.bounds
    this.#width = declaration.bounds.length + 2
    this.#numbers = new Float64Array(this.space.size * this.#width)
  }

  /** One more value. */
  observe(labels: LabelsOf<Spec>, value: number): void {
    const index = this.place(labels)
    if (index < 0) return
    const start = index * this.#width
    let bucket = 0
    while (value > (this.#bounds[bucket] ?? Infinity)) bucket += 1
    const numbers = this.#numbers
    numbers[start + bucket] = (numbers[start + bucket] ?? 0) + 1
    const sum = start + this.#width - 1
    numbers[sum] = (numbers[sum] ?? 0) + value
  }

  /** The time since a moment of `performance.now()`, in seconds. */
  observeSince(labels: LabelsOf<Spec>, begun: number): void {
    this.observe(labels, (performance.now() - begun) / 1000)
  }

  snapshot(): MetricSnapshot {
    const numbersAt = (index: number): readonly number[] | undefined => {
      const start = index * this.#width
      const numbers = this.#numbers.subarray(start, start + this.#width)
      return numbers.every((number) => number === 0) ? undefined : [...numbers]
    }
    return this.describe('histogram', this.seriesOf(numbersAt), this.#bounds)
  }
}
