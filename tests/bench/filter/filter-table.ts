import type { Judged } from './five-fold.ts'
import { caughtAt, type RocCurve } from './roc.ts'
import type { Throughput } from './throughput.ts'

/** One filter's line in the table; `at`: with thresholds of the training folds. */
export interface Row extends RocCurve {
  /** With the threshold that it is shipped with. */
  readonly shipped: RocCurve['at']
  readonly throughput: Throughput | undefined
}

const allowances = [0, 2, 5, 10, 20] as const

/** The filters side by side, as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = [
    'filter',
    'as shipped: spam caught',
    'ham called spam',
    'thresholds of the training folds: spam caught',
    'ham called spam',
    ...allowances.map((count) => `caught at ${count} ham`),
    '10 KB messages per core second',
  ]
  const lines = rows.map(({ name, at, shipped, scored, throughput }) => [
    name,
    percent(shipped.caught),
    String(shipped.false),
    percent(at.caught),
    String(at.false),
    ...allowances.map((count) => percent(caughtAt(scored, count))),
    throughput?.perCoreSecond.toFixed(throughput.perCoreSecond < 100 ? 1 : 0) ?? '–',
  ])
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** The same for programs. */
export function jsonOf(rows: readonly Row[]): unknown {
  const figures = rows.map(({ name, at, shipped, scored, throughput }) => {
    const figure = {
      caught: rounded(at.caught),
      false: at.false,
      shipped: { caught: rounded(shipped.caught), false: shipped.false },
      caughtAt: Object.fromEntries(
        allowances.map((count) => [count, rounded(caughtAt(scored, count))]),
      ),
      perCoreSecond: throughput && Math.round(throughput.perCoreSecond * 10) / 10,
    }
    return [name.toLowerCase(), figure] as const
  })
  return { measure: 'filter', ...Object.fromEntries(figures) }
}

/** Each wrong verdict with its symbols: what is to be made better. */
export function wrongVerdicts(judged: readonly Judged[]): readonly string[] {
  const wrong = judged.filter(
    ({ message, points, threshold }) => points >= threshold !== message.isSpam,
  )
  return wrong
    .toSorted((a, b) => Number(a.message.isSpam) - Number(b.message.isSpam) || b.points - a.points)
    .map(({ message, points, threshold, verdict }) => {
      const symbols = verdict.findings.map(
        ({ symbol, points: each }) => `${symbol} ${each.toFixed(1)}`,
      )
      return `${message.name}: ${points.toFixed(1)} of ${threshold.toFixed(1)}: ${symbols.join(', ')}`
    })
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000
}
