import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { repository, resultsFolder } from './folders.ts'
import type { Scale } from './measure.ts'
import type { CaseFigures } from './rounds.ts'

const run = promisify(execFile)

/** One run of the bench, as it is kept. */
export interface BenchRun {
  readonly at: string
  readonly commit: string
  readonly machine: string
  readonly scale: Scale
  readonly figures: readonly CaseFigures[]
}

/** Keeps a run under `results/`. @returns the file */
export async function keepRun(scale: Scale, figures: readonly CaseFigures[]): Promise<string> {
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const runOf: BenchRun = { at, commit: await commit(), machine: machine(), scale, figures }
  await mkdir(resultsFolder, { recursive: true })
  const file = path.join(resultsFolder, `${at.replaceAll(':', '')}.json`)
  await writeFile(file, `${JSON.stringify(runOf, null, 2)}\n`)
  return file
}

/** All runs that were kept, oldest first. */
export async function keptRuns(): Promise<readonly BenchRun[]> {
  const names = await readdir(resultsFolder).catch(() => [])
  const files = names.filter((name) => name.endsWith('.json')).toSorted()
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(path.join(resultsFolder, name), 'utf8'))),
  )
}

async function commit(): Promise<string> {
  const { stdout } = await run('git', ['-C', repository, 'rev-parse', '--short', 'HEAD'])
  const dirty = await run('git', ['-C', repository, 'status', '--porcelain', '-uno'])
  return stdout.trim() + (dirty.stdout === '' ? '' : '+')
}

function machine(): string {
  const model = cpus()[0]?.model.replaceAll(/\s+/g, ' ').trim() ?? 'unknown processor'
  return `${availableParallelism()} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}
