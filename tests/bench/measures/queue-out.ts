import { startSink } from '../clients/smtp-sink.ts'
import { at, secondsOf, type Measure, type MeasureCase, type Sample } from '../measure.ts'
import { cpuSeconds } from '../process-cost.ts'
import type { QueuePlan, Side } from '../side.ts'

/** A case that drains a queue: what of it counts is the time from its release until the sink has everything. */
export function drain(name: string, plan: Omit<QueuePlan, 'shape'>): MeasureCase {
  return {
    name: `${name}/${plan.destinations}`,
    unit: 'messages/s',
    isHigherBetter: true,
    skips: (side) => side.queue === undefined,
    round: (side, round) =>
      drainOnce(side, { ...plan, shape: { seed: 900 + round, bytes: 4_000 } }),
  }
}

/** From the release of held mail until the sink has all of it. */
async function drainOnce(side: Side, plan: QueuePlan): Promise<Sample> {
  const { queue } = side
  if (queue === undefined) throw new Error(`${side.name} has no queue`)
  const sink = await startSink({ onlySigned: plan.isSigned === true })
  try {
    await queue.hold(plan, sink.port)
    // To hold mail a side may be started anew: what it cost before is not what is measured.
    const cpuBefore = await cpuSeconds(side.roots())
    const seconds = await secondsOf(async () => {
      await queue.release()
      await sink.reached(plan.messages)
    })
    await side.settled()
    return { value: plan.messages / seconds, units: plan.messages, cpuBefore }
  } finally {
    await sink.close()
  }
}

/** How fast queued mail goes out to a sink behind 10 and 200 destinations. */
export const queueOut: Measure = {
  name: 'queue-out',
  accounts: () => 1,
  cases: (scale) => {
    const messages = at(scale, { full: 5_000, quick: 2_000, smoke: 20 })
    const many = at(scale, { full: 200, quick: 200, smoke: 20 })
    return [10, many].map((destinations) => drain('queue-out', { destinations, messages }))
  },
}
