import type { MessageVerdict } from '@posthouse/store'
import { listOf, number, object, optional, orNull, string } from '../output/shape.ts'

/** A verdict's fields: its word, and where it is asked for every sign of it. */
export const verdictShapes = {
  action: string,
  points: number,
  junkAt: orNull(number),
  why: orNull(string),
  text: orNull(string),
  authenticated: optional(listOf(string)),
  findings: optional(listOf(object({ points: number, symbol: string, reason: string }))),
  stages: optional(
    listOf(object({ name: string, outcome: string, ms: number, because: orNull(string) })),
  ),
} as const

/** What a verdict says, as fields of an item: its word, and with `isWhole` every sign of it. */
export function verdictFieldsOf(verdict: MessageVerdict, isWhole: boolean) {
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
export function findingRows({ findings }: MessageVerdict) {
  return findings.map(({ symbol, points, reason }) => ({ points: rounded(points), symbol, reason }))
}

/** How each stage ended. */
export function stageRows({ stages }: MessageVerdict) {
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
