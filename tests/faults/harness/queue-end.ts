import { silentLog } from '@posthouse/telemetry'
import { openStore, type QueueItem } from '@posthouse/store'
import type { ProcessSuite } from '../../journeys/house/process-suite.ts'

/**
 * Clearly longer than a worker's lease (two minutes): what a dead worker holds comes free by then, and is sent.
 */
export const drainLimitMs = 300_000

/**
 * Sends everything that waits, held ones too, now, until nothing is left.
 * @returns the recipients that are still queued when the time is over
 */
export async function drainQueue(
  suite: ProcessSuite,
  limitMs = drainLimitMs,
): Promise<readonly QueueItem[]> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) throw new Error('there is no database to look into')
  const store = await openStore({ database: url, log: silentLog, app: 'faults', unsafe: true })
  const end = Date.now() + limitMs
  try {
    for (;;) {
      const left = await store.queue.list()
      if (left.length === 0 || Date.now() > end) return left
      await store.queue.unhold({})
      await store.queue.retry({})
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  } finally {
    await store.close()
  }
}

/** Why a recipient is still queued, for people. */
export function queuedText(item: QueueItem): string {
  const { address, state, attempts, nextAt, worker, last } = item
  const until = nextAt === undefined ? '' : ` until ${nextAt.toISOString()}`
  return `${address} is ${state}${until} after ${attempts} attempts, by ${worker ?? 'nobody'}: ${last?.text ?? 'no answer yet'}`
}
