import { metrics } from '@posthouse/telemetry'

/** Every check of a password. */
export const attempts = metrics.counter('auth_attempts_total', {
  help: 'Attempts to sign in, and why somebody was not let in.',
  labels: {
    proto: ['imap', 'pop3', 'submission', 'cli'],
    result: [
      'ok',
      'name',
      'password',
      'app-password',
      'expired',
      'protocol',
      'disabled',
      'throttled-login',
      'throttled-network',
      'throttled-banned',
    ],
  },
})
