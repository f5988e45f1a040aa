import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { chartOf } from './chart.ts'
import { repository } from './folders.ts'
import { keptRuns, type BenchRun } from './results.ts'
import type { CaseFigures } from './rounds.ts'
import { figuresTable } from './table.ts'

const beginMark = '<!-- figures: written by `npm run bench -- report` -->'
const endMark = '<!-- end of figures -->'

/** Puts the newest figures of every case into `docs/performance.md` and its chart. @returns the files written */
export async function writeReport(): Promise<readonly string[]> {
  const newest = newestFigures(await keptRuns())
  const page = path.join(repository, 'docs/performance.md')
  const chart = path.join(repository, 'docs/performance.svg')
  const text = await readFile(page, 'utf8')
  const begin = text.indexOf(beginMark)
  const end = text.indexOf(endMark)
  if (begin < 0 || end < begin) throw new Error(`${page} has lost its marks`)
  const part = [beginMark, '', ...sections(newest), endMark].join('\n')
  await writeFile(page, text.slice(0, begin) + part + text.slice(end + endMark.length))
  await writeFile(chart, chartOf(newest.map(({ figures }) => figures)))
  return [page, chart]
}

interface Newest {
  readonly run: BenchRun
  readonly figures: CaseFigures
}

/** Of each case the figures of the last run that had it. */
function newestFigures(runs: readonly BenchRun[]): readonly Newest[] {
  const found = new Map<string, Newest>()
  for (const run of runs)
    for (const figures of run.figures) found.set(figures.measure, { run, figures })
  return [...found.values()]
}

/** Figures of one run belong together: compare inside a table, not between them. */
function sections(newest: readonly Newest[]): readonly string[] {
  const runs = [...new Set(newest.map(({ run }) => run))]
  return runs.flatMap((run) => {
    const figures = newest.filter((each) => each.run === run).map((each) => each.figures)
    const rounds = Math.max(...figures.map((each) => each.rounds))
    return [
      `Run of ${run.at} at commit ${run.commit}, ${run.scale}, ${rounds} rounds, ${run.machine}:`,
      '',
      figuresTable(figures),
      '',
    ]
  })
}
