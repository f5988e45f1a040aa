import { metrics } from '@posthouse/telemetry/metrics'

/** How long the database takes. */
export const queryDurations = metrics.histogram('db_query_duration_seconds', {
  help: 'Answers of Postgres: a short read on the shared connection, a statement alone, a transaction from BEGIN on, its COMMIT alone, a bulk read.',
  labels: { op: ['read', 'statement', 'transaction', 'commit', 'bulk'] },
  bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
})

/** What queues up before the database. */
export const poolWaiting = metrics.gauge('db_pool_waiting', {
  help: 'Operations that wait for a free connection to Postgres, in the processes of an app.',
  byApp: true,
})

/** Every check of a password. */
export const attempts = metrics.counter('auth_attempts_total', {
  help: 'Attempts to sign in, and why somebody was not let in.',
  labels: {
    proto: ['imap', 'pop3', 'submission', 'cli'],
    mech: ['plain', 'login', 'password'],
    result: [
      'ok',
      'name',
      'password',
      'app-password',
      'expired',
      'protocol',
      'disabled',
      'domain-disabled',
      'throttled-login',
      'throttled-network',
      'throttled-banned',
    ],
  },
})
