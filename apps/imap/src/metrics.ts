import { metrics } from '@posthouse/telemetry'
import { verbs } from './commands/index.ts'

/** Connections of the moment. */
export const sessions = metrics.gauge('imap_sessions', {
  help: 'IMAP connections that are open now, signed in or not.',
})

/** What clients ask, and how long they wait for the answer. */
export const durations = metrics.histogram('imap_command_duration_seconds', {
  help: 'From the whole command to its tagged answer. IDLE is left out: it lasts as long as the client likes.',
  labels: {
    command: [...verbs.flatMap(({ names }) => names).filter((name) => name !== 'IDLE'), 'other'],
    result: ['OK', 'NO', 'BAD'],
  },
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
})
