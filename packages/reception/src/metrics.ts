import { metrics } from '@posthouse/telemetry'

/** Answers of people who are away. */
export const autoreplies = metrics.counter('smtp_autoreplies_total', {
  help: 'Automatic answers sent for accounts that have one switched on.',
})
