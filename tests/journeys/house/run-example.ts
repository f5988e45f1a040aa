import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { CommandWorld } from './command-world.ts'

/** A command that was run. */
export interface RanExample {
  readonly args: readonly string[]
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
  /** Its arguments and environment as everybody on the machine, or its user, may read them. */
  readonly visible: string
}

const posthouse = fileURLToPath(new URL('../../../apps/cli/bin/posthouse.js', import.meta.url))

/** Longest wait for a command. */
const limitMs = 180_000

/** One that follows, and has nothing to say, is left alone for so long. */
const silentMs = 5_000

/** Runs `posthouse ARGS` in the world's folder, piped; one that follows is sent Ctrl-C once it has said something, or nothing for long. */
export async function runExample(
  world: CommandWorld,
  args: readonly string[],
  follows: boolean,
): Promise<RanExample> {
  const child = spawn(process.execPath, [posthouse, ...args], {
    cwd: world.folder,
    // Without NO_COLOR: a pipe is reason enough for no colours.
    env: { ...process.env, ...world.suite.env, NO_COLOR: '', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let isAsked = false
  const hear = (): void => {
    if (!follows || isAsked) return
    isAsked = true
    child.kill('SIGINT')
  }
  const silence = setTimeout(hear, silentMs)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    hear()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  })
  const visible = child.pid === undefined ? '' : await visibleOf(child.pid)
  const code = await ended
  clearTimeout(limit)
  clearTimeout(silence)
  return { args, code, stdout, stderr, visible }
}

/** What /proc shows of a process. */
export async function visibleOf(pid: number): Promise<string> {
  const read = (name: string): Promise<string> =>
    readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => '')
  return (await Promise.all([read('cmdline'), read('environ')])).join('\0')
}
