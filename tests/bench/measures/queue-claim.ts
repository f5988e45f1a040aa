import { at, percentile, type Measure, type MeasureCase, type Sample } from '../measure.ts'
import type { Side } from '../side.ts'
import { FullQueue } from '../sides/full-queue.ts'
import { PosthouseSide } from '../sides/posthouse.ts'

/** The queue of this run; it only grows. */
let queue: FullQueue | undefined

async function queueOf(side: Side): Promise<FullQueue> {
  if (!(side instanceof PosthouseSide)) throw new Error(`${side.name} has no claims`)
  queue ??= await FullQueue.make(await side.databaseUrl())
  return queue
}

/** The median of some claims from a queue of that size. */
async function claiming(full: FullQueue, count: number): Promise<Sample> {
  const claims = await full.claims(count)
  const sorted = claims.map(({ seconds }) => seconds * 1000).toSorted((a, b) => a - b)
  const recipients = claims.reduce((sum, claim) => sum + claim.recipients, 0)
  const extra = { p99Ms: percentile(sorted, 0.99), recipientsEach: recipients / count }
  return { value: percentile(sorted, 0.5), units: count, extra }
}

function claimsAt(size: number, claims: number): MeasureCase {
  return {
    name: `queue-claim/${size}`,
    unit: 'ms',
    isHigherBetter: false,
    before: async (side) => (await queueOf(side)).grow(size),
    round: async (side) => claiming(await queueOf(side), claims),
  }
}

/** How long a worker's claim takes as the queue grows: it must not matter. */
export const queueClaim: Measure = {
  name: 'queue-claim',
  peers: () => [],
  accounts: () => 1,
  cases: (scale) => {
    const sizes = at<readonly number[]>(scale, {
      full: [1_000, 10_000, 100_000, 1_000_000],
      quick: [1_000, 10_000, 100_000],
      smoke: [1_000],
    })
    const claims = at(scale, { full: 40, quick: 20, smoke: 2 })
    return sizes.map((size) => claimsAt(size, claims))
  },
}
