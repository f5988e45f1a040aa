import { metrics } from '@posthouse/telemetry'

const stage = { words: 'the stages of the filter', most: 32 }

/** What each stage said. */
export const stageVerdicts = metrics.counter('filter_verdicts_total', {
  help: 'What each stage of the filter said of a message: its points as a whole, what it ruled, or that it could not look.',
  labels: {
    stage,
    verdict: [
      'clean',
      'spam',
      'ham',
      'virus',
      'policy',
      'quarantine',
      'defer',
      'failed',
      'timed-out',
    ],
  },
})

/** How long each stage took. */
export const stageDurations = metrics.histogram('filter_duration_seconds', {
  help: 'How long each stage of the filter took over a message.',
  labels: { stage },
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
})

/** What became of messages. */
export const actions = metrics.counter('filter_actions_total', {
  help: 'What the filter as a whole decided on a message.',
  labels: {
    direction: ['inbound', 'outbound'],
    action: ['deliver', 'tag', 'junk', 'quarantine', 'defer', 'reject'],
  },
})
