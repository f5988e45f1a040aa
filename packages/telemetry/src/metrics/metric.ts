import { LabelSpace, type LabelSpec, type LabelsOf } from './label-space.ts'
import type { Merge, MetricSnapshot, Series } from './snapshot.ts'

/** What every metric says of itself, in the one place where it is declared. */
export interface Declaration<Spec extends LabelSpec = LabelSpec> {
  /** One sentence: what is counted, in which unit. */
  readonly help: string
  readonly labels?: Spec
  /** Each app's value stands alone, under the label `app`. */
  readonly byApp?: boolean
}

/** A value under its labels. */
export type Reading<Spec extends LabelSpec> = readonly [labels: LabelsOf<Spec>, value: number]

/** What is told of label values that were not declared: a bug, and never a reason to break off work. */
export type OnUndeclared = () => void

/** A metric, whatever it is, as the registry and the documentation know it. */
export interface AnyMetric {
  readonly name: string
  readonly declaration: Declaration
  snapshot(): MetricSnapshot
}

/** What counters, gauges and histograms have in common. */
export abstract class Metric<Spec extends LabelSpec> implements AnyMetric {
  readonly name: string
  readonly declaration: Declaration<Spec>
  protected readonly space: LabelSpace
  readonly #onUndeclared: OnUndeclared

  constructor(name: string, declaration: Declaration<Spec>, onUndeclared: OnUndeclared) {
    this.name = name
    this.declaration = declaration
    this.space = new LabelSpace(declaration.labels ?? {})
    this.#onUndeclared = onUndeclared
  }

  /** As it is now. */
  abstract snapshot(): MetricSnapshot

  protected place(labels: LabelsOf<Spec>): number {
    const index = this.space.indexOf(labels)
    if (index < 0) this.#onUndeclared()
    return index
  }

  protected describe(
    kind: MetricSnapshot['kind'],
    series: readonly Series[],
    bounds: readonly number[] = [],
    merge: Merge = 'sum',
  ): MetricSnapshot {
    const { name, space, declaration } = this
    const { help, byApp = false } = declaration
    return { name, kind, help, labels: space.names, byApp, merge, bounds, series }
  }

  /** One series for each combination that has numbers. */
  protected seriesOf(numbersAt: (index: number) => readonly number[] | undefined): Series[] {
    return Array.from({ length: this.space.size }, (_, index) => index).flatMap((index) => {
      const numbers = numbersAt(index)
      const values = numbers === undefined ? undefined : this.space.valuesAt(index)
      return numbers === undefined || values === undefined ? [] : [{ values, numbers }]
    })
  }
}
