import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { Database } from './database.ts'
import { indexMailboxes, type SearchTask } from './search-catch-up.ts'

/** What a SearchKeeper gives its thread. */
export interface SearchWork {
  readonly url: string
  readonly tasks: readonly SearchTask[]
}

/**
 * The thread that takes messages apart for the search index, with connections of its own: nobody's session waits for a hostile
 * message. It ends with its tasks, or after the segment at hand when it is told anything.
 */
async function work({ url, tasks }: SearchWork): Promise<void> {
  let isOver = false
  parentPort?.once('message', () => (isOver = true))
  stepBack()
  const limits = { connections: 2, bulkConnections: 3 }
  const database = new Database({ url, app: 'search', limits })
  try {
    parentPort?.postMessage(await indexMailboxes(database, tasks, () => isOver))
  } finally {
    await database.close()
    parentPort?.close()
  }
}

/**
 * On a busy machine sessions and deliveries come first. Linux keeps a priority for each thread: there, and nowhere else, this is
 * the thread's own.
 */
function stepBack(): void {
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)
}

await work(workerData)
