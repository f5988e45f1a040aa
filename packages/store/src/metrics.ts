import { metrics } from '@posthouse/telemetry'

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
      'domain-disabled',
      'throttled-login',
      'throttled-network',
      'throttled-banned',
    ],
  },
})
