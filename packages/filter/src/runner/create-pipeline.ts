import type { Log } from '@posthouse/telemetry'
import type { FilterMessage } from '../filter-message.ts'
import { MAX_STAGE_FINDINGS } from '../limits.ts'
import type { Finding, OnFailure, Ruling, Stage, StageHealth } from '../stage.ts'
import type { FilterVerdict, Thresholds } from '../verdict.ts'
import { reasonText, symbolName } from './clean.ts'
import { countRuns } from './count-runs.ts'
import { decide, sumOf } from './decide.ts'
import { runStage, type StageRun } from './run-stage.ts'

/** What a pipeline is made of. */
export interface PipelineOptions {
  readonly stages: readonly Stage[]
  readonly thresholds: Thresholds
  /** Thresholds for mail of our own users; absent: the same. */
  readonly outboundThresholds?: Thresholds
  /** What becomes of a message with a virus; absent: `reject`. */
  readonly virus?: 'reject' | 'quarantine'
  readonly log: Log
}

/** The stages together: one word on each message. */
export interface Pipeline {
  /** Never rejects, and ends with the longest deadline of its stages at the latest. */
  judge(message: FilterMessage, signal?: AbortSignal): Promise<FilterVerdict>
  /** How each stage is, for `filter status`. */
  health(): readonly ({ readonly name: string } & StageHealth)[]
  close(): Promise<void>
}

/** Points where nothing else is configured: a message needs more than one grave sign to go to Junk. */
export const DEFAULT_THRESHOLDS: Thresholds = { tag: 4, junk: 6, reject: 15 }

/** Runs stages at the same time and merges what they say. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { stages, log } = options
  return {
    async judge(message, signal) {
      const mine = stages.filter((stage) => stage.directions.includes(message.direction))
      const runs = await Promise.all(mine.map((stage) => runStage(stage, message, signal)))
      for (const { report } of runs) {
        if (report.outcome !== 'done')
          log.warn('filter.stage.failed', { ...report, id: message.queueId })
      }
      const verdict = merged(runs, message, options)
      countRuns(runs, message, verdict)
      return verdict
    },
    health() {
      return stages.map((stage) => {
        return { name: stage.name, ...(stage.health?.() ?? { isWell: true, text: 'well' }) }
      })
    },
    async close() {
      await Promise.allSettled(stages.map(async (stage) => stage.close?.()))
    },
  }
}

function merged(
  runs: readonly StageRun[],
  message: FilterMessage,
  options: PipelineOptions,
): FilterVerdict {
  const thresholds =
    message.direction === 'outbound'
      ? (options.outboundThresholds ?? options.thresholds)
      : options.thresholds
  const findings = runs.flatMap(findingsOf).toSorted(heaviestFirst)
  const decision = decide({
    findings,
    rulings: runs.flatMap(rulingsOf),
    failure: gravest(runs),
    thresholds,
    virus: options.virus ?? 'reject',
  })
  return {
    ...decision,
    points: sumOf(findings),
    junkAt: thresholds.junk,
    findings,
    stages: runs.map(({ report }) => report),
  }
}

/** What a stage found, held to the form that findings have; a stage that failed is one itself, without points. */
function findingsOf({ stage, report, result }: StageRun): readonly Finding[] {
  if (result === undefined) {
    const symbol = `${symbolName(stage.name)}_FAILED`
    return [{ symbol, points: 0, reason: reasonText(report.because ?? report.outcome) }]
  }
  return result.findings.slice(0, MAX_STAGE_FINDINGS).map(({ symbol, points, reason }) => {
    // A stage that computes NaN must not turn every sum into NaN, which reaches no threshold.
    const finite = Number.isFinite(points) ? Math.max(-MAX_POINTS, Math.min(MAX_POINTS, points)) : 0
    return { symbol: symbolName(symbol), points: finite, reason: reasonText(reason) }
  })
}

function rulingsOf({ result }: StageRun): readonly Ruling[] {
  return result?.ruling === undefined ? [] : [result.ruling]
}

function gravest(runs: readonly StageRun[]): OnFailure {
  const failed = runs.filter(({ report }) => report.outcome !== 'done')
  const ways = failed.map(({ stage }) => stage.onFailure)
  return GRAVITY.find((way) => ways.includes(way)) ?? 'pass'
}

function heaviestFirst(a: Finding, b: Finding): number {
  return (
    Math.abs(b.points) - Math.abs(a.points) ||
    (a.symbol < b.symbol ? -1 : Number(a.symbol > b.symbol))
  )
}

const GRAVITY: readonly OnFailure[] = ['defer', 'tag', 'pass']
/** GTUBE has a thousand. */
const MAX_POINTS = 10_000
