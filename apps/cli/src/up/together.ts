import type { AppName, Control, ControlDesk, Running } from '@posthouse/app'
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
  try {
    for (const name of names) {
      const app = await loadApp(name)
      const log = services.log.child({ app: name })
      const control = controlOf(name, desk, everybody)
      running.push(await app.start({ ...services, log, control }))
    }
  } catch (error) {
    await drain()
    throw new StartFailed(error instanceof Error ? error.message : String(error), { cause: error })
  }
  const since = new Date().toISOString()
  const apps = running.map(({ listeners }, index): AppStatus => ({
    name: names[index] ?? '',
    state: 'running',
    pid: process.pid,
    since,
    restarts: 0,
    lastEnd: null,
    retryAt: null,
    listeners,
  }))
  return { apps, drain }
}
