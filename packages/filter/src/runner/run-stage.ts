import type { FilterMessage } from '../filter-message.ts'
import type { Stage, StageResult } from '../stage.ts'
import type { StageReport } from '../verdict.ts'
import { reasonText } from './clean.ts'

/** How one stage ended, and what it found if it did its work. */
export interface StageRun {
  readonly stage: Stage
  readonly report: StageReport
  readonly result?: StageResult
}

/**
 * Runs one stage against its deadline. Never rejects, and settles at the deadline even where the stage does not heed its
 * signal; what the stage says afterwards is not heard.
 */
export async function runStage(
  stage: Stage,
  message: FilterMessage,
  signal?: AbortSignal,
): Promise<StageRun> {
  const started = performance.now()
  const deadline = new AbortController()
  const end = ending(stage, deadline, signal)
  const work = examine(stage, message, deadline.signal)
  const ended = await Promise.race([work, end.promise])
  end.forget()
  const ms = Math.round((performance.now() - started) * 10) / 10
  if ('result' in ended) {
    return { stage, report: { name: stage.name, outcome: 'done', ms }, result: ended.result }
  }
  const because = reasonText(ended.because)
  return { stage, report: { name: stage.name, outcome: ended.outcome, ms, because } }
}

type Ended =
  | { readonly result: StageResult }
  | { readonly outcome: 'failed' | 'timed-out'; readonly because: string }

/** `async`, so that a stage that throws before its first await is caught as well. */
async function examine(stage: Stage, message: FilterMessage, signal: AbortSignal): Promise<Ended> {
  try {
    return { result: await stage.examine(message, signal) }
  } catch (error) {
    return { outcome: 'failed', because: error instanceof Error ? error.message : String(error) }
  }
}

/** The deadline, or the caller's own signal; either is passed on to the stage. */
function ending(
  stage: Stage,
  deadline: AbortController,
  signal: AbortSignal | undefined,
): { readonly promise: Promise<Ended>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const stop = (ended: Ended): void => {
    resolve(ended)
    deadline.abort()
  }
  const alarm = setTimeout(() => {
    stop({ outcome: 'timed-out', because: `no answer within ${stage.deadlineMs} ms` })
  }, stage.deadlineMs)
  const cancelled = (): void => stop({ outcome: 'failed', because: 'the session ended' })
  if (signal?.aborted === true) cancelled()
  else signal?.addEventListener('abort', cancelled, { once: true })
  const forget = (): void => {
    clearTimeout(alarm)
    signal?.removeEventListener('abort', cancelled)
  }
  return { promise, forget }
}
