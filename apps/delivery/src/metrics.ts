import { metrics } from '@posthouse/telemetry'

/** What became of recipients. */
export const recipients = metrics.counter('delivery_recipients_total', {
  help: 'Outcomes of attempts, each recipient by itself.',
  labels: { outcome: ['delivered', 'deferred', 'bounced', 'unknown'] },
})

/** DKIM. */
export const signatures = metrics.counter('delivery_signed_total', {
  help: 'Messages by whether they were signed with DKIM; withheld: they wait for a key that cannot be opened.',
  labels: { result: ['signed', 'unsigned', 'withheld'] },
})
