import { secondsOf, type Measure } from '../measure.ts'
import { memoryBytes } from '../process-cost.ts'

const mebibyte = 1024 * 1024

/** What the idle suite takes: memory, time to start, octets installed. */
export const footprint: Measure = {
  name: 'footprint',
  accounts: () => 1,
  cases: () => [
    {
      name: 'footprint/memory',
      unit: 'MiB',
      isHigherBetter: false,
      before: async (side) => {
        await side.stop()
        await side.start(1)
      },
      round: async (side) => ({ value: (await memoryBytes(side.roots())) / mebibyte, units: 1 }),
    },
    {
      name: 'footprint/start',
      unit: 's',
      isHigherBetter: false,
      before: (side) => side.stop(),
      round: async (side) => ({ value: await secondsOf(() => side.start(1)), units: 1 }),
    },
    {
      name: 'footprint/installed',
      unit: 'MiB',
      isHigherBetter: false,
      round: async (side) => ({ value: (await side.installedBytes()) / mebibyte, units: 1 }),
    },
  ],
}
