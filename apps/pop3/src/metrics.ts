import { metrics } from '@posthouse/telemetry'

/** What came of a PASS or AUTH. */
export const logins = metrics.counter('pop3_logins_total', {
  help: 'POP3 sign-ins: ok, refused, or put off because the maildrop is in use or was asked for too soon.',
  labels: { result: ['ok', 'credentials', 'disabled', 'throttled', 'in-use', 'too-soon'] },
})
