import type { Measure, MeasureCase, Sample, Scale } from './measure.ts'
import { cpuSeconds, memoryBytes } from './process-cost.ts'
import type { Side } from './side.ts'

/** The rounds of one side. */
export interface SideFigures {
  readonly name: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** CPU milliseconds per unit of work, of all processes of the side, median. */
  readonly cpu: number
  /** Largest memory seen right after a round, MiB (proportional set size). */
  readonly memory: number
  /** Medians of the further figures. */
  readonly extra: Readonly<Record<string, number>>
}

/**
 * What one case came to. `ratio`: above 1 is better for us; the median of the ratios of the pairs. `cpuRatio`: the same of the CPU
 * per unit, theirs by ours, which a busy machine disturbs less.
 */
export interface CaseFigures {
  readonly measure: string
  readonly unit: string
  readonly rounds: number
  readonly posthouse: SideFigures
  readonly peers: readonly (SideFigures & { readonly ratio: number; readonly cpuRatio?: number })[]
}

interface Round extends Sample {
  readonly cpu: number
  readonly memory: number
}

/** Runs every case of a measure on all sides in turn (A B A B …), after a round that does not count. */
export async function runMeasure(
  measure: Measure,
  sides: readonly Side[],
  scale: Scale,
  rounds: number,
  tell: (line: string) => void,
): Promise<readonly CaseFigures[]> {
  for (const side of sides) {
    await side.start(measure.accounts(scale))
    await measure.prepare?.(side, scale)
  }
  const figures: CaseFigures[] = []
  for (const each of measure.cases(scale)) {
    figures.push(await runCase(each, sides, scale, rounds, tell))
  }
  return figures
}

async function runCase(
  each: MeasureCase,
  all: readonly Side[],
  scale: Scale,
  rounds: number,
  tell: (line: string) => void,
): Promise<CaseFigures> {
  const sides = all.filter((side) => each.skips?.(side) !== true)
  const taken = new Map(sides.map((side): [Side, Round[]] => [side, []]))
  const warmUps = scale === 'smoke' ? 0 : 1
  for (let round = 0; round < rounds + warmUps; round++) {
    for (const side of sides) {
      const result = await runRound(each, side, round)
      tell(`${each.name} ${side.name}: ${result.value.toFixed(2)} ${each.unit}`)
      if (round >= warmUps) taken.get(side)?.push(result)
    }
  }
  return figuresOf(each, taken, rounds)
}

async function runRound(each: MeasureCase, side: Side, round: number): Promise<Round> {
  await each.before?.(side)
  const before = await cpuSeconds(side.roots())
  const sample = await each.round(side, round)
  const cpu = ((await cpuSeconds(side.roots())) - (sample.cpuBefore ?? before)) / sample.units
  return { ...sample, cpu: cpu * 1000, memory: (await memoryBytes(side.roots())) / 2 ** 20 }
}

function figuresOf(
  each: MeasureCase,
  taken: ReadonlyMap<Side, readonly Round[]>,
  rounds: number,
): CaseFigures {
  const [ours, ...others] = [...taken].map(([side, list]) => ({ side, list }))
  if (ours === undefined) throw new Error(`${each.name} ran on no side`)
  const peers = others.map(({ side, list }) => {
    const ratios = list.map((theirs, i) => ratioOf(each, ours.list[i]?.value ?? 0, theirs.value))
    const cpuRatios = list.map((theirs, i) => theirs.cpu / (ours.list[i]?.cpu ?? 0))
    return { ...summary(side.name, list), ratio: median(ratios), cpuRatio: median(cpuRatios) }
  })
  const posthouse = summary(ours.side.name, ours.list)
  return { measure: each.name, unit: each.unit, rounds, posthouse, peers }
}

function ratioOf(each: MeasureCase, ours: number, theirs: number): number {
  return each.isHigherBetter ? ours / theirs : theirs / ours
}

function summary(name: string, rounds: readonly Round[]): SideFigures {
  const values = rounds.map(({ value }) => value)
  const names = Object.keys(rounds[0]?.extra ?? {})
  return {
    name,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    cpu: median(rounds.map(({ cpu }) => cpu)),
    memory: Math.max(...rounds.map(({ memory }) => memory)),
    extra: Object.fromEntries(
      names.map((key) => [key, median(rounds.map(({ extra }) => extra?.[key] ?? 0))]),
    ),
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
