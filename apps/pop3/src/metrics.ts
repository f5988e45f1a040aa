import { metrics } from '@posthouse/telemetry'

/** Connections of the moment. */
export const sessions = metrics.gauge('pop3_sessions', {
  help: 'POP3 connections that are open now, signed in or not.',
})

/** What came of a PASS or AUTH. */
export const logins = metrics.counter('pop3_logins_total', {
  help: 'POP3 sign-ins: ok, refused, or put off because the maildrop is in use or was asked for too soon.',
  labels: { result: ['ok', 'credentials', 'disabled', 'throttled', 'in-use', 'too-soon'] },
})
