import type { MessageVerdict } from '@posthouse/store'
import type { Field, Row } from '../output/terminal.ts'

/** What a verdict says, as fields of an item: its word, and with `isWhole` every sign of it. */
export function verdictFieldsOf(
  verdict: MessageVerdict,
  isWhole: boolean,
): Readonly<Record<string, Field>> {
  const { action, points, junkAt, reason, text } = verdict
  return {
    action,
    points: rounded(points),
    junkAt: junkAt === undefined || !Number.isFinite(junkAt) ? null : junkAt,
    why: reason ?? null,
    text: text ?? null,
    ...(isWhole && {
      authenticated: verdict.authentication?.authenticated ?? [],
      findings: findingRows(verdict),
      stages: stageRows(verdict),
    }),
  }
}

/** Signs for and against a message, heaviest first. */
export function findingRows({ findings }: MessageVerdict): readonly Row[] {
  return findings.map(({ symbol, points, reason }) => ({ points: rounded(points), symbol, reason }))
}

/** How each stage ended. */
export function stageRows({ stages }: MessageVerdict): readonly (Row & {
  readonly name: string
  readonly outcome: string
  readonly because: string | null
})[] {
  return stages.map(({ name, outcome, ms, because }) => ({
    name,
    outcome,
    ms: rounded(ms),
    because: because ?? null,
  }))
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100 + 0
}
