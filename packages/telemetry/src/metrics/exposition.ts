import type { MetricSnapshot, Series } from './snapshot.ts'

/** The media type of what `exposition` makes. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** The metrics in the text format that Prometheus scrapes, every name with `posthouse_` before it. */
export function exposition(metrics: readonly MetricSnapshot[]): string {
  return metrics
    .filter(({ series }) => series.length > 0)
    .map((metric) => {
      const name = `posthouse_${metric.name}`
      const head = [`# HELP ${name} ${escapeHelp(metric.help)}`, `# TYPE ${name} ${metric.kind}`]
      const lines = metric.series.flatMap((series) =>
        metric.kind === 'histogram'
          ? histogramLines(name, metric, series)
          : [`${name}${braces(metric.labels, series.values)} ${series.numbers[0] ?? 0}`],
      )
      return `${[...head, ...lines].join('\n')}\n`
    })
    .join('')
}

/** Buckets are told cumulatively, the infinite one last; it equals the count. */
function histogramLines(
  name: string,
  { labels, bounds }: MetricSnapshot,
  { values, numbers }: Series,
): readonly string[] {
  let count = 0
  const buckets = [...bounds.map(String), '+Inf'].map((bound, i) => {
    count += numbers[i] ?? 0
    return `${name}_bucket${braces([...labels, 'le'], [...values, bound])} ${count}`
  })
  const at = braces(labels, values)
  return [...buckets, `${name}_sum${at} ${numbers.at(-1) ?? 0}`, `${name}_count${at} ${count}`]
}

function braces(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return ''
  return `{${names.map((name, i) => `${name}="${escapeValue(values[i] ?? '')}"`).join(',')}}`
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
