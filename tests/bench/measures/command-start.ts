import {
  at,
  percentile,
  secondsOf,
  type Measure,
  type MeasureCase,
  type Scale,
} from '../measure.ts'

/** What people and scripts wait for: help, which needs nothing, and small lists, which need the database. */
const commands: readonly (readonly string[])[] = [
  ['--help'],
  ['queue', '--help'],
  ['account', 'list'],
  ['queue', 'list'],
]

/** How long a command takes from its start to its end, the median of several: under 300 ms is the aim. */
export const commandStart: Measure = {
  name: 'command-start',
  accounts: () => 1,
  cases: (scale) => commands.map((args) => caseOf(args, scale)),
}

function caseOf(args: readonly string[], scale: Scale): MeasureCase {
  const times = at(scale, { full: 21, quick: 7, smoke: 1 })
  return {
    name: `command-start/${args.join(' ')}`,
    unit: 'ms',
    isHigherBetter: false,
    skips: (side) => side.command === undefined,
    before: (side) => side.start(1),
    async round(side) {
      const seconds: number[] = []
      // Once for what is compiled and kept by the first of them.
      await side.command?.(args)
      for (let i = 0; i < times; i += 1)
        seconds.push(await secondsOf(async () => side.command?.(args)))
      return {
        value:
          1000 *
          percentile(
            seconds.toSorted((a, b) => a - b),
            0.5,
          ),
        units: times,
      }
    },
  }
}
