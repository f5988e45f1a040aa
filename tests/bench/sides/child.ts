import { spawn, type ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'

/** A server process whose words go to a file. */
export interface ServerProcess {
  readonly pid: number
  /** Asks it to stop, then makes it. */
  stop(): Promise<void>
}

/** Starts a server in the foreground of the bench; it is killed when it outlives `stop` by 15 seconds. */
export function startServer(
  file: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly logFile: string; readonly cwd?: string },
): ServerProcess {
  const log = openSync(options.logFile, 'a')
  const child = spawn(file, args, {
    env: options.env ?? process.env,
    stdio: ['ignore', log, log],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  if (child.pid === undefined) throw new Error(`${file} can not be started`)
  return { pid: child.pid, stop: () => stopChild(child, ended) }
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(timer)
}

/** Tries until `attempt` succeeds, for at most `limitMs`; the last error is thrown. */
export async function eventually<T>(attempt: () => Promise<T>, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
