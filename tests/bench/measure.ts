import type { Side } from './side.ts'

/** How much work a run does. */
export type Scale = 'full' | 'quick' | 'smoke'

/** Picks a value for the scale of the run. */
export function at<T = number>(scale: Scale, values: Readonly<Record<Scale, T>>): T {
  return values[scale]
}

/** What one round gave. */
export interface Sample {
  /** The figure, in the case's unit. */
  readonly value: number
  /** Units of work done, for CPU per unit. */
  readonly units: number
  /** Further figures of the round, by name. */
  readonly extra?: Readonly<Record<string, number>>
  /** CPU seconds of the side so far when what counts began, where something was prepared in the round. */
  readonly cpuBefore?: number
}

/** One thing that is timed on each side in turn. */
export interface MeasureCase {
  /** `smtp-in-10k/50`: the measure's name, then what is special. */
  readonly name: string
  readonly unit: string
  readonly isHigherBetter: boolean
  /** Outside the clock, before every round. */
  before?(side: Side): Promise<void>
  round(side: Side, round: number): Promise<Sample>
  /** True where this side can not be asked. */
  skips?(side: Side): boolean
}

/** A measure of the bench. */
export interface Measure {
  readonly name: string
  /** Its own peers, given Posthouse, instead of those that were asked for. */
  peers?(posthouse: Side, asked: readonly Side[]): readonly Side[]
  /** Accounts that must exist. */
  accounts(scale: Scale): number
  /** Builds what the cases need on a side, once per run, outside the clock. */
  prepare?(side: Side, scale: Scale): Promise<void>
  cases(scale: Scale): readonly MeasureCase[]
}

/** Times a piece of work, in seconds. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** The value below which the given part of an ascending list lies; 0 of an empty one. */
export function percentile(ascending: readonly number[], part: number): number {
  const index = Math.min(ascending.length - 1, Math.floor(ascending.length * part))
  return ascending[index] ?? 0
}
