import {
  dispensableApps,
  type AppName,
  type Control,
  type ControlDesk,
  type OpenPort,
  type Running,
} from '@posthouse/app'
import type { Config } from '@posthouse/config'
import { StartFailed } from './app-process.ts'
import { loadApp } from './app-list.ts'
import { controlOf } from './control/control-tree.ts'
import { answerAsProcess } from './control/process-desk.ts'
import { openServices } from './services.ts'
import type { AppStatus } from './state-file.ts'

/** Every app in this process: a third of the memory, and one that dies takes the others with it. */
export interface TogetherSuite {
  readonly apps: readonly AppStatus[]
  drain(): Promise<void>
}

/** Starts these apps in this process, over one store. They answer at `desk`, and ask `everybody`. */
export async function startTogether(
  config: Config,
  names: readonly AppName[],
  { desk, everybody }: { readonly desk: ControlDesk; readonly everybody: Control['ask'] },
): Promise<TogetherSuite> {
  const services = await openServices(config, 'together')
  answerAsProcess(desk, 'together', services)
  const running: Running[] = []
  const drain = async (): Promise<void> => {
    await Promise.allSettled(running.map((app) => app.drain()))
    await services.store.close()
  }
  const since = new Date().toISOString()
  const apps: AppStatus[] = []
  const startOne = async (name: AppName): Promise<readonly OpenPort[]> => {
    const app = await loadApp(name)
    const log = services.log.child({ app: name })
    const control = controlOf(name, desk, everybody)
    const started = await app.start({ ...services, log, control })
    running.push(started)
    return started.listeners
  }
  try {
    for (const name of names) {
      try {
        apps.push(statusOf(name, since, await startOne(name)))
      } catch (error) {
        if (!dispensableApps.has(name)) throw error
        services.log.warn('app.absent', { name, error })
        apps.push({ ...statusOf(name, since, []), state: 'stopped', lastEnd: wordsOf(error) })
      }
    }
  } catch (error) {
    await drain()
    throw new StartFailed(wordsOf(error), { cause: error })
  }
  return { apps, drain }
}

function statusOf(name: AppName, since: string, listeners: readonly OpenPort[]): AppStatus {
  return {
    name,
    state: 'running',
    pid: process.pid,
    since,
    restarts: 0,
    lastEnd: null,
    retryAt: null,
    listeners,
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
