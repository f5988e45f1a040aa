import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { findProgram } from './run-program.ts'
import { waitFor } from './wait-for.ts'

/** A daemon of a test's own, with all its children in one process group. */
export interface Daemon {
  /** Everything of it stands still: connections are taken by the kernel, and nobody answers. */
  pause(): void
  resume(): void
  /** Ends it without a word, as a crash does. */
  kill(): Promise<void>
  log(): Promise<string>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** Starts a program in the foreground, its output in a file of the folder, and waits until `isUp`. */
export async function startDaemon(
  program: string,
  args: readonly string[],
  folder: string,
  isUp: () => Promise<boolean>,
): Promise<Daemon> {
  const file = path.join(folder, 'output')
  const output = await open(file, 'w')
  const child = spawn(findProgram(program) ?? program, args, {
    cwd: folder,
    detached: true,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', output.fd, output.fd],
  })
  const ended = once(child, 'exit')
  await output.close()
  const log = (): Promise<string> => readFile(file, 'utf8').catch(() => '')
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid, name)
  }
  const kill = async (): Promise<void> => {
    signal('SIGKILL')
    await ended
  }
  const orphaned = (): void => signal('SIGKILL')
  process.once('exit', orphaned)
  const stop = async (): Promise<void> => {
    await kill()
    process.off('exit', orphaned)
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  try {
    await waitFor(program, async () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${await log()}`)
      return (await isUp()) || undefined
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { pause: () => signal('SIGSTOP'), resume: () => signal('SIGCONT'), kill, log, stop }
}
