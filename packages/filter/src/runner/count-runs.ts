import { actions, stageDurations, stageVerdicts } from '../metrics.ts'
import type { FilterMessage } from '../filter-message.ts'
import type { FilterVerdict } from '../verdict.ts'
import type { StageRun } from './run-stage.ts'

/** Counts what the stages said of a message, and what came of it. */
export function countRuns(
  runs: readonly StageRun[],
  { direction }: FilterMessage,
  { action }: FilterVerdict,
): void {
  for (const run of runs) {
    const { name: stage, ms } = run.report
    stageVerdicts.add({ stage, verdict: verdictOf(run) })
    stageDurations.observe({ stage }, ms / 1000)
  }
  actions.add({ direction, action })
}

/** One word for a stage: what it ruled, else which way its points go. */
function verdictOf({ report, result }: StageRun) {
  if (report.outcome !== 'done') return report.outcome
  if (result?.ruling !== undefined) return result.ruling.kind
  let points = 0
  for (const finding of result?.findings ?? []) points += finding.points
  if (points > 0) return 'spam'
  return points < 0 ? 'ham' : 'clean'
}
