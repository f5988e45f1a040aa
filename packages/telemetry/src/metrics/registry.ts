import { randomUUID } from 'node:crypto'
import { Counter } from './counter.ts'
import { Gauge, type GaugeDeclaration } from './gauge.ts'
import { Histogram, type HistogramDeclaration } from './histogram.ts'
import type { LabelSpec, NoLabels } from './label-space.ts'
import type { AnyMetric, Declaration } from './metric.ts'
import type { ProcessSnapshot } from './snapshot.ts'

const nameShape = /^[a-z][a-z0-9_]*$/

/**
 * The metrics of a process. Each is declared once, beside what it measures: name (`<area>_<thing>_<unit>[_total]`; `posthouse_` goes
 * before it when it is shown), help, labels with their values. Labels never hold addresses or other words of strangers.
 */
export class Registry {
  /** The app whose process this is; `together` where all of them are in one. */
  app = 'cli'
  readonly #process = randomUUID()
  readonly #metrics = new Map<string, AnyMetric>()
  readonly #undeclared: Counter<NoLabels>

  constructor() {
    this.#undeclared = this.counter('metrics_undeclared_total', {
      help: 'Values that were not counted because a label had a value that was not declared: a bug.',
    })
  }

  /** A number that only grows. */
  counter<const Spec extends LabelSpec = NoLabels>(
    name: string,
    declaration: Declaration<Spec>,
  ): Counter<Spec> {
    if (!name.endsWith('_total')) throw new Error(`a counter's name ends in _total: ${name}`)
    return this.#keep(new Counter(name, declaration, () => this.#undeclared.add({})))
  }

  /** A number that goes up and down. */
  gauge<const Spec extends LabelSpec = NoLabels>(
    name: string,
    declaration: GaugeDeclaration<Spec>,
  ): Gauge<Spec> {
    return this.#keep(new Gauge(name, declaration, () => this.#undeclared.add({})))
  }

  /** Values in buckets. */
  histogram<const Spec extends LabelSpec = NoLabels>(
    name: string,
    declaration: HistogramDeclaration<Spec>,
  ): Histogram<Spec> {
    return this.#keep(new Histogram(name, declaration, () => this.#undeclared.add({})))
  }

  /** All of them, in the order of their names, for the documentation and its tests. */
  all(): readonly AnyMetric[] {
    return [...this.#metrics.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** As everything is now, to be sent to who puts the processes together. */
  snapshot(): ProcessSnapshot {
    const metrics = this.all().map((metric) => metric.snapshot())
    return { process: this.#process, app: this.app, metrics }
  }

  #keep<Kept extends AnyMetric>(metric: Kept): Kept {
    if (!nameShape.test(metric.name)) throw new Error(`a metric is not named so: ${metric.name}`)
    if (this.#metrics.has(metric.name)) throw new Error(`${metric.name} is declared twice`)
    this.#metrics.set(metric.name, metric)
    return metric
  }
}

/** The registry of this process. */
export const metrics = new Registry()
