import { metrics } from './registry.ts'
import type { ProcessSnapshot } from './snapshot.ts'

/** What a process tells when it is asked for its metrics. */
export type CounterSample = ProcessSnapshot

/** The metrics of this process, as they go over the control channel. */
export const counters = {
  samples: (): readonly CounterSample[] => [metrics.snapshot()],
}
