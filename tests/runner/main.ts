import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startTestDatabase } from './database.ts'
import { installPrograms, isDebian, type Missing } from './debian.ts'
import { killRunning, runFile, type FileResult, type RunSettings } from './file-run.ts'
import { needsPrograms, selectFiles, type Selection } from './selection.ts'
import { findStragglers, killStragglers } from './stragglers.ts'

const minute = 60_000
const isCi = (process.env['CI'] ?? '') !== ''

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** `npm test [-- WORD…]`, `npm test -- --long NAME`: runs the files, prints the counts, returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const isLong = args[0] === '--long'
  const words = isLong ? args.slice(1) : args
  const selection = await selectFiles(words, isLong)
  const files = [...selection.together, ...selection.alone]
  if (files.length === 0 || (isLong && words.length === 0)) return refuse(files)
  if (selection.alone.length > 0) await build()
  const missing = files.some(needsPrograms) ? await programs() : []
  // Short, because the path of a unix socket ends at 107 octets; open, because Postgres may run as another user.
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pht-'))
  await chmod(folder, 0o711)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const)
    process.once(signal, () => {
      stop.abort()
      killRunning()
    })
  const database = await startTestDatabase(folder)
  try {
    const settings = settingsOf(folder, database.url, missing, isLong)
    const results = await runAll(selection, settings, stop.signal)
    return sumUp(results, missing, stop.signal.aborted)
  } finally {
    await database.stop()
    await sweep(folder)
  }
}

function refuse(files: readonly string[]): number {
  if (files.length === 0) say('No test file has these words in its path.')
  else say('Name the test: npm run test:long -- NAME')
  say('0 passed, 1 failed, 0 skipped')
  return 2
}

/** What an operator runs is what is built; journeys run that. The builder is plain JavaScript, without types. */
async function build(): Promise<void> {
  const file = new URL('../../apps/cli/bin/build.js', import.meta.url).href
  const { buildIfStale } = (await import(file)) as { buildIfStale: () => Promise<void> }
  await buildIfStale()
}

async function programs(): Promise<readonly Missing[]> {
  const missing = (await isDebian()) ? await installPrograms(say) : []
  for (const { name, because } of missing) say(`without ${name}: ${because}`)
  return missing
}

function settingsOf(
  folder: string,
  database: string,
  missing: readonly Missing[],
  isLong: boolean,
): RunSettings {
  const corpora = path.resolve('../shared/data')
  const bin = path.resolve('node_modules/.bin')
  return {
    folder,
    limitMs: isLong ? 24 * 60 * minute : 15 * minute,
    env: {
      ...(existsSync(corpora) ? { POSTHOUSE_CORPORA: corpora } : {}),
      ...process.env,
      NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/posthouse-tests'),
      PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
      POSTHOUSE_TEST_DATABASE: database,
      POSTHOUSE_TEST_MISSING: missing.map(({ name, because }) => `${name}=${because}`).join('\n'),
      ...(isLong ? { POSTHOUSE_TEST_LONG: '1' } : {}),
      TMPDIR: folder,
    },
  }
}

/** Light files first, a few at a time; then heavy ones; then whatever failed, once more and alone. */
async function runAll(
  { together, alone }: Selection,
  settings: RunSettings,
  stop: AbortSignal,
): Promise<readonly FileResult[]> {
  const lanes = Math.min(4, os.availableParallelism() + 1)
  const light = await runLanes(together, lanes, settings, stop)
  const first = [...light, ...(await runLanes(alone, 1, settings, stop))]
  const final: FileResult[] = []
  for (const result of first) {
    if (result.ok || stop.aborted) final.push(result)
    else final.push(await runAgain(result, settings))
  }
  return final
}

async function runLanes(
  files: readonly string[],
  lanes: number,
  settings: RunSettings,
  stop: AbortSignal,
): Promise<readonly FileResult[]> {
  const waiting = [...files]
  const results: FileResult[] = []
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (stop.aborted) return
      const result = await runFile(file, settings)
      results.push(result)
      tell(result)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

function tell(result: FileResult): void {
  const { file, ok, passed, failed, skipped, seconds } = result
  const counts = [`${passed} passed`]
  if (failed > 0) counts.push(`${failed} failed`)
  if (skipped > 0) counts.push(`${skipped} skipped`)
  say(`${ok ? 'ok  ' : 'FAIL'}  ${file}  ${counts.join(', ')} (${seconds.toFixed(1)} s)`)
}

async function runAgain(first: FileResult, settings: RunSettings): Promise<FileResult> {
  const second = await runFile(first.file, settings)
  if (second.ok) {
    say(`flaky: ${first.file}`)
    say(first.output)
    return second
  }
  say(`\nfailed: ${first.file}`)
  say(second.output)
  return second
}

function sumUp(results: readonly FileResult[], missing: readonly Missing[], cut: boolean): number {
  for (const { file, skips } of results) for (const skip of skips) say(`skipped: ${file}: ${skip}`)
  const owed = isCi ? missing.filter(({ isInstallable }) => isInstallable) : []
  for (const { name, because } of owed) say(`failed: ${name} could not be installed: ${because}`)
  const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
    results.reduce((total, result) => total + result[key], 0)
  const failed = sum('failed') + owed.length
  if (cut) say('interrupted')
  say(`${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped`)
  if (cut) return 130
  return failed === 0 ? 0 : 1
}

/** Nothing of a run stays: no process, no file. What had to be ended is named, for it is a bug of a test. */
async function sweep(folder: string): Promise<void> {
  const stragglers = await findStragglers(folder)
  killStragglers(stragglers)
  for (const { pid, command } of stragglers)
    process.stderr.write(`left behind: ${pid} ${command}\n`)
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  say('0 passed, 1 failed, 0 skipped')
  process.exit(1)
}
