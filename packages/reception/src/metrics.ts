import { metrics } from '@posthouse/telemetry'

/** What became of messages that were taken in whole. */
export const messages = metrics.counter('smtp_messages_total', {
  help: 'Messages taken in, by what we answered: stored, deferred (try again), refused (for good).',
  labels: { role: ['mx', 'submission'], result: ['stored', 'deferred', 'refused'] },
})

/** Answers of people who are away. */
export const autoreplies = metrics.counter('smtp_autoreplies_total', {
  help: 'Automatic answers sent for accounts that have one switched on.',
})
