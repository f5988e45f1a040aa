import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './output/terminal.ts'

/** Ctrl-C reaches us twice at once where npm stands between: only a later one is meant. */
const sameMs = 300

/**
 * For work that takes long: the first Ctrl-C (SIGINT, SIGTERM) asks it to stop, and a later one ends the process where
 * it stands. Work that stopped for it says how to go on, and ends with {@link exitCodes}`.interrupted`.
 */
export function stopOnInterrupt(terminal: Terminal): AbortSignal {
  const stop = new AbortController()
  let askedAt = 0
  const ask = (): void => {
    if (stop.signal.aborted) {
      if (performance.now() - askedAt > sameMs) process.exit(exitCodes.interrupted)
      return
    }
    askedAt = performance.now()
    process.exitCode = exitCodes.interrupted
    terminal.talk('Stopping; once more ends it at once.')
    stop.abort()
  }
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  return stop.signal
}

/** For what goes on until somebody ends it: aborted by Ctrl-C (SIGINT, SIGTERM), and when nobody reads any more. */
export function untilInterrupted(): AbortSignal {
  const over = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.abort())
  process.stdout.once('error', () => over.abort())
  return over.signal
}
