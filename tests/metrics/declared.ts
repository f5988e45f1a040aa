import { appNames } from '@posthouse/app'
import { metrics } from '@posthouse/telemetry'
import { loadApp } from '../../apps/cli/src/up/app-list.ts'

/** A label, and what it may be: the values; or in words what they are. */
export interface DeclaredLabel {
  readonly name: string
  readonly values: readonly string[] | string
}

/** A metric as it is declared, with the name that Prometheus has it under. */
export interface DeclaredMetric {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly DeclaredLabel[]
}

/** Every metric that some process of the suite has. */
export async function declaredMetrics(): Promise<readonly DeclaredMetric[]> {
  await Promise.all([...appNames.map(loadApp), import('../../apps/cli/src/up/suite.ts')])
  return metrics.all().map((metric) => {
    const { kind } = metric.snapshot()
    const { help, byApp = false, labels = {} } = metric.declaration
    const own = Object.entries(labels).map(([name, spec]) => {
      return { name, values: 'words' in spec ? spec.words : spec }
    })
    const app = byApp ? [{ name: 'app', values: 'the apps of the suite' }] : []
    return { name: `posthouse_${metric.name}`, kind, help, labels: [...app, ...own] }
  })
}

/** `role`: mx, submission. */
export function labelText({ name, values }: DeclaredLabel): string {
  return `\`${name}\`: ${typeof values === 'string' ? `(${values})` : values.join(', ')}`
}
