import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { FileCounts } from './counts-reporter.ts'

/** How a test file ended. */
export interface FileResult extends FileCounts {
  readonly file: string
  readonly ok: boolean
  readonly seconds: number
  /** Everything the file printed; shown when it failed. */
  readonly output: string
}

/** What every test file of a run is given. */
export interface RunSettings {
  /** The run's own temporary folder; the tests' TMPDIR. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** After this many milliseconds a file counts as hung and is killed. */
  readonly limitMs: number
}

const reporter = new URL('counts-reporter.ts', import.meta.url).href
const maxOutput = 512 * 1024
const running = new Set<ChildProcess>()

/**
 * Runs one test file in a process group of its own and counts what it says. A file that fails to load, hangs or
 * dies without a summary counts as one failed test.
 */
export async function runFile(file: string, settings: RunSettings): Promise<FileResult> {
  const folder = await mkdtemp(path.join(settings.folder, 'r-'))
  const countsFile = path.join(folder, 'counts')
  const begun = performance.now()
  const { code, output, hung } = await runProcess(file, countsFile, settings)
  const seconds = (performance.now() - begun) / 1000
  const counts = await readCounts(countsFile)
  await rm(folder, { recursive: true, force: true })
  if (hung) return lost(file, seconds, `${output}\nHUNG: killed after ${settings.limitMs / 1000} s`)
  if (counts === undefined) return lost(file, seconds, `${output}\nended with ${code}, no summary`)
  const failed = counts.failed === 0 && code !== 0 ? 1 : counts.failed
  return { ...counts, failed, file, ok: failed === 0, seconds, output }
}

/** Kills every test file that is running now, with its children. */
export function killRunning(): void {
  for (const child of running) killGroup(child)
}

function lost(file: string, seconds: number, output: string): FileResult {
  return { file, ok: false, seconds, output, passed: 0, failed: 1, skipped: 0, skips: [] }
}

interface Ended {
  readonly code: number | string
  readonly output: string
  readonly hung: boolean
}

function runProcess(file: string, countsFile: string, settings: RunSettings): Promise<Ended> {
  const args = [
    '--conditions=@posthouse/source',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${countsFile}`,
    file,
  ]
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child = spawn(process.execPath, args, { env: settings.env, stdio, detached: true })
  running.add(child)
  const output = collect(child)
  return new Promise((resolve) => {
    let hung = false
    const limit = setTimeout(() => {
      hung = true
      killGroup(child)
    }, settings.limitMs)
    const end = (code: number | string): void => {
      clearTimeout(limit)
      running.delete(child)
      killGroup(child)
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve({ code, output: output(), hung })
    }
    child.on('error', (error) => end(error.message))
    // 'exit' and not 'close': a grandchild that holds our pipe must not hold the run. The pipe is read out first.
    child.on('exit', (code, signal) => setTimeout(end, 50, code ?? signal ?? 'nothing'))
  })
}

/** Keeps the end of what a child prints. */
function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text.length > 2 * maxOutput) text = text.slice(-maxOutput)
    })
  return () => text.slice(-maxOutput).trimEnd()
}

/** The group lives on while a grandchild does; what a test forgot ends here. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody is left, as it should be.
  }
}

async function readCounts(file: string): Promise<FileCounts | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const line = text.trim().split('\n').at(-1)
  return line === undefined || line === '' ? undefined : (JSON.parse(line) as FileCounts)
}
