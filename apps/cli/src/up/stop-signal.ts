import type { Log } from '@posthouse/telemetry'

/** Ctrl-C in a terminal arrives twice: from the terminal and from npm. Only a later one means "now". */
const sameMs = 1000

/** The wish that this process stops. */
export interface StopSignal {
  /** Resolves when it is asked to stop. */
  readonly asked: Promise<void>
  /** Aborted at the same moment, for what can be given up half way. */
  readonly signal: AbortSignal
  /** Why; nothing while it is not asked. */
  readonly reason: string | undefined
  /** A second signal came: do not wait for anybody. */
  readonly isUrgent: boolean
  /** Called at that second signal. */
  onUrgent(listener: () => void): void
}

/** Listens for SIGINT, SIGTERM, SIGHUP, and for the end of the process that started this one over a channel. */
export function stopSignal(log: Log): StopSignal {
  const asked = Promise.withResolvers<void>()
  const aborter = new AbortController()
  let firstMs = 0
  let reason: string | undefined
  let isUrgent = false
  const listeners: (() => void)[] = []
  const ask = (because: string): void => {
    if (reason === undefined) {
      reason = because
      firstMs = performance.now()
      log.info('up.stopping', { because })
      asked.resolve()
      aborter.abort()
    } else if (!isUrgent && performance.now() - firstMs > sameMs) {
      isUrgent = true
      for (const listener of listeners) listener()
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => ask(signal))
  if (process.send !== undefined) process.on('disconnect', () => ask('disconnect'))
  return {
    asked: asked.promise,
    signal: aborter.signal,
    get reason() {
      return reason
    },
    get isUrgent() {
      return isUrgent
    },
    onUrgent: (listener) => void listeners.push(listener),
  }
}
