import { appNames } from '@posthouse/app'
import { metrics } from '@posthouse/telemetry'
import type { SuiteStatus } from './state-file.ts'

const restarts = metrics.counter('app_restarts_total', {
  help: 'How often an app was started again because it had died.',
  labels: { app: appNames },
})

const databaseRestarts = metrics.counter('database_restarts_total', {
  help: 'How often the embedded Postgres was started again because it had died.',
})

/** What the process that runs the others knows of them. */
export function tellRestarts(status: () => Pick<SuiteStatus, 'apps' | 'database'>): void {
  restarts.readBy(() =>
    status().apps.flatMap(({ name, restarts: count }) => {
      const app = appNames.find((each) => each === name)
      return app === undefined ? [] : [[{ app }, count] as const]
    }),
  )
  databaseRestarts.readBy(() => [[{}, status().database.restarts]])
}
