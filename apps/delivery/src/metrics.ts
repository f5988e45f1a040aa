import { metrics } from '@posthouse/telemetry'

/** The number of an attempt as a label: the fifth and all later ones are alike. */
export type AttemptNumber = '1' | '2' | '3' | '4' | '5+'

const numbers = ['1', '2', '3', '4', '5+'] as const satisfies readonly AttemptNumber[]

/** What became of recipients. */
export const attempts = metrics.counter('delivery_attempts_total', {
  help: 'Attempts to deliver to one recipient: what came of it, what protected the connection (unconnected: none came about), and which attempt it was.',
  labels: {
    result: ['delivered', 'deferred', 'bounced', 'unknown'],
    tls: ['none', 'opportunistic', 'dane', 'sts', 'relay', 'local', 'unconnected'],
    attempt: numbers,
  },
})

/** How long hosts take. */
export const durations = metrics.histogram('delivery_duration_seconds', {
  help: 'From MAIL FROM to the last answer, for one message on an open connection.',
  bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
})

/** What others think of our addresses. */
export const dnsblListed = metrics.gauge('dnsbl_listed', {
  help: 'How many of our public addresses stand on a list of senders of spam; absent before it was asked, and without a public address.',
  labels: { list: { words: 'the lists that are asked', most: 16 } },
  merge: 'max',
})

/** Certificates that could not be had. */
export const acmeErrors = metrics.counter('acme_errors_total', {
  help: 'Failures to get or renew a certificate; why: `posthouse tls status`.',
})

/** DKIM. */
export const signatures = metrics.counter('delivery_signed_total', {
  help: 'Messages by whether they were signed with DKIM; withheld: they wait for a key that cannot be opened.',
  labels: { result: ['signed', 'unsigned', 'withheld'] },
})

/** The label of an attempt. */
export function attemptNumber(attempt: number): AttemptNumber {
  return numbers[attempt - 1] ?? '5+'
}
