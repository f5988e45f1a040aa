import { CliError } from './cli-error.ts'
import type { Terminal } from './output/terminal.ts'

/** Ctrl-C reaches us twice at once where npm stands between: only a later one is meant. */
const sameMs = 300

/**
 * For work that takes long: the first Ctrl-C (SIGINT, SIGTERM) asks it to stop, and a later one ends the process where
 * it stands. Who stops for it says how to go on, by {@link interrupted} or with the same exit code.
 */
export function stopOnInterrupt(terminal: Terminal): AbortSignal {
  const stop = new AbortController()
  let askedAt = 0
  const ask = (name: NodeJS.Signals): void => {
    if (!stop.signal.aborted) {
      askedAt = performance.now()
      terminal.talk('Stopping; once more ends it at once.')
      stop.abort()
    } else if (performance.now() - askedAt > sameMs) {
      // By the signal itself, which a shell calls 130: process.exit would wait for a read that hangs.
      for (const each of signals) process.off(each, ask)
      process.kill(process.pid, name)
    }
  }
  for (const each of signals) process.on(each, ask)
  return stop.signal
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Work that was stopped half way: what became of it, and how to go on. */
export function interrupted(message: string, hint: string): CliError {
  return new CliError('interrupted', 'interrupted', message, hint)
}

/** For what goes on until somebody ends it: aborted by Ctrl-C (SIGINT, SIGTERM), and when nobody reads any more. */
export function untilInterrupted(): AbortSignal {
  const over = new AbortController()
  for (const each of signals) process.once(each, () => over.abort())
  process.stdout.once('error', () => over.abort())
  return over.signal
}
