import type { Log } from '@posthouse/telemetry'

/** What a process entry needs of the process; `process` itself fits. */
export interface ProcessHooks {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  /** Whether an IPC channel to a parent stands. */
  readonly connected?: boolean
}

/** Something that can be asked to end. */
interface Stoppable {
  drain(): Promise<void>
}

/**
 * Waits until the process is told to stop: SIGTERM or SIGINT, or the channel to its parent closing
 * (a parent that was killed takes its children with it). Then drains everything in parallel and
 * resolves with why. A second signal does not wait any longer. If a drain hangs, `limitMs` ends the
 * wait, so that no process outlives its stop.
 */
export async function runUntilStopped(
  running: readonly Stoppable[],
  log: Log,
  hooks: ProcessHooks = process,
  limitMs = 10_000,
): Promise<string> {
  const first = await nextReason(hooks)
  log.info('process.stopping', { because: first.reason })
  const draining = Promise.allSettled(running.map((one) => one.drain()))
  const again = nextSignal(hooks)
  const limit = timer(limitMs)
  const outcome = await Promise.race([
    draining.then(() => 'drained'),
    again.promise.then(() => 'second signal'),
    limit.promise.then(() => 'time limit'),
  ])
  again.cancel()
  limit.cancel()
  log.info('process.stopped', { because: first.reason, outcome })
  return first.reason
}

interface Wait<T> {
  readonly promise: Promise<T>
  readonly cancel: () => void
}

function nextSignal(hooks: ProcessHooks): Wait<string> {
  return firstEvent(hooks, ['SIGTERM', 'SIGINT'])
}

async function nextReason(hooks: ProcessHooks): Promise<{ reason: string }> {
  if (hooks.connected === false) return { reason: 'disconnect' }
  const wait = firstEvent(hooks, ['SIGTERM', 'SIGINT', 'disconnect'])
  return { reason: await wait.promise }
}

function firstEvent(hooks: ProcessHooks, events: readonly string[]): Wait<string> {
  const done = Promise.withResolvers<string>()
  const handlers = events.map((event) => ({ event, handler: () => settle(event) }))
  const cancel = () => {
    for (const { event, handler } of handlers) hooks.off(event, handler)
  }
  const settle = (event: string) => {
    cancel()
    done.resolve(event)
  }
  for (const { event, handler } of handlers) hooks.on(event, handler)
  return { promise: done.promise, cancel }
}

function timer(ms: number): Wait<void> {
  const done = Promise.withResolvers<void>()
  const handle = setTimeout(() => done.resolve(), ms)
  return { promise: done.promise, cancel: () => clearTimeout(handle) }
}
