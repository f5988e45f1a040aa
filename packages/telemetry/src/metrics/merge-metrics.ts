import type { Merge, MetricSnapshot, ProcessSnapshot, Series } from './snapshot.ts'

/** What several processes tell, as one: counters and histograms are added up, gauges as each says. */
export function mergeMetrics(processes: readonly ProcessSnapshot[]): readonly MetricSnapshot[] {
  const merged = new Map<string, { metric: MetricSnapshot; series: Map<string, Series> }>()
  for (const { app, metrics } of processes) {
    for (const metric of metrics.map((each) => withApp(each, app))) {
      const known = merged.get(metric.name) ?? { metric, series: new Map() }
      merged.set(metric.name, known)
      for (const one of metric.series) {
        const key = JSON.stringify(one.values)
        const other = known.series.get(key)
        known.series.set(key, other === undefined ? one : combine(other, one, metric.merge))
      }
    }
  }
  return [...merged.values()]
    .map(({ metric, series }) => ({ ...metric, series: [...series.values()] }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function withApp(metric: MetricSnapshot, app: string): MetricSnapshot {
  if (!metric.byApp) return metric
  const series = metric.series.map(({ values, numbers }) => ({ values: [app, ...values], numbers }))
  return { ...metric, byApp: false, labels: ['app', ...metric.labels], series }
}

const combinations: Readonly<Record<Merge, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
}

function combine(one: Series, other: Series, merge: Merge): Series {
  const both = combinations[merge]
  const numbers = one.numbers.map((number, i) => both(number, other.numbers[i] ?? number))
  return { values: one.values, numbers }
}
