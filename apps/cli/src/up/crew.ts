import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { PlaceCounts, type AppName, type OpenPort } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import type { Log } from '@posthouse/telemetry'
import { AppProcess } from './app-process.ts'
import { WorkerPlaces } from './crew-places.ts'

/** Within the time that `up` gives an app; an app's own sessions get less. */
const drainMs = 8_300

/** More would wait for the database, not for each other. */
const mostByItself = 8

/**
 * How many processes serve an app's ports: for IMAP what is configured, or one for every two cores (the others are
 * Postgres's and the other apps'); one for every other app.
 */
export function crewSize(
  name: AppName,
  { imap }: Pick<Config, 'imap'>,
  cores = availableParallelism(),
): number {
  if (name !== 'imap') return 1
  return imap.workers ?? Math.min(mostByItself, Math.max(1, Math.floor(cores / 2)))
}

/**
 * Several processes behind the ports of one app. This one holds the ports and deals out connections in turn (node:cluster); it
 * reads nothing of them, and counts what is limited over all workers. A worker that dies takes its own sessions with it, and is
 * started again.
 */
export class Crew {
  readonly #workers: readonly AppProcess[]

  constructor(name: AppName, size: number, log: Log) {
    // Whatever the environment says: dealt out by the kernel, nearly all would go to one.
    cluster.schedulingPolicy = cluster.SCHED_RR
    const counts = new PlaceCounts()
    this.#workers = Array.from({ length: size }, () => workerOf(name, counts, log))
  }

  /**
   * Starts them.
   * @returns where all of them listen
   * @throws StartFailed if one cannot; then none is left
   */
  async start(): Promise<readonly OpenPort[]> {
    try {
      await Promise.all(this.#workers.map((worker) => worker.start()))
    } catch (error) {
      await this.drain()
      throw error
    }
    return this.#workers[0]?.status.listeners ?? []
  }

  /** Its processes, to be asked. */
  get workers(): readonly AppProcess[] {
    return this.#workers
  }

  /** Lets all say goodbye; resolves when they are gone. */
  async drain(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(drainMs)))
  }
}

function workerOf(name: AppName, counts: PlaceCounts, log: Log): AppProcess {
  const places = new WorkerPlaces(counts)
  return new AppProcess({
    name,
    args: [],
    env: {},
    log,
    onChange: () => undefined,
    worker: {
      fork: () => cluster.fork().process,
      hear: (message) => places.hear(message),
      ended: () => places.giveAll(),
    },
  })
}
