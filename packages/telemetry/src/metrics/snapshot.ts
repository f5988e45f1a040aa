/** One combination of label values, and its numbers: the value, or a histogram's buckets, then its sum. */
export interface Series {
  readonly values: readonly string[]
  readonly numbers: readonly number[]
}

/** How the values of several processes become one. Counters and histograms are added up. */
export type Merge = 'sum' | 'max' | 'min'

/** A metric as one process has it, or as several have it together. Nothing but JSON. */
export interface MetricSnapshot {
  /** Without `posthouse_`. */
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Each app's value is of interest by itself: the label `app` is added when processes are put together. */
  readonly byApp: boolean
  readonly merge: Merge
  /** A histogram's upper bounds, without the infinite one. */
  readonly bounds: readonly number[]
  readonly series: readonly Series[]
}

/** Everything that one process tells. */
export interface ProcessSnapshot {
  /** Another one after a restart. */
  readonly process: string
  readonly app: string
  readonly metrics: readonly MetricSnapshot[]
}
