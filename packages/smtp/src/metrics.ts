import { metrics } from '@posthouse/telemetry'
import type { SmtpRole } from './server-options.ts'

const roles = ['mx', 'submission'] as const satisfies readonly SmtpRole[]

/** Sessions that are over. */
export const connections = metrics.counter('smtp_connections_total', {
  help: 'SMTP sessions that are over, and how they were protected at their end.',
  labels: { role: roles, tls: ['none', 'starttls', 'implicit'] },
})

/** Sessions of the moment. */
export const sessions = metrics.gauge('smtp_sessions', {
  help: 'SMTP sessions that are open now.',
  labels: { role: roles },
})

/** Messages that came whole. */
export const messages = metrics.counter('smtp_messages_total', {
  help: 'Messages that came whole, by what we answered: stored, deferred (try again), refused (for good).',
  labels: { role: roles, result: ['stored', 'deferred', 'refused'] },
})

/** Handshakes that clients asked for. */
export const upgrades = metrics.counter('smtp_starttls_total', {
  help: 'TLS handshakes that clients began with STARTTLS, and whether they came to an end.',
  labels: { role: roles, result: ['ok', 'failed'] },
})
