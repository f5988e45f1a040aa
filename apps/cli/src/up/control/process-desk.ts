import type { ControlDesk, Health, Services } from '@posthouse/app'
import { logDesk, metrics, watchProcess } from '@posthouse/telemetry'
import { version } from '../../version.ts'
import { refreshTls } from '../services.ts'

/** What every process that serves answers, whatever its apps are: what it counts, how it does, a new certificate. */
export function answerAsProcess(desk: ControlDesk, name: string, services: Services): void {
  answerCounts(desk, name)
  desk.handle(name, 'health', () => healthOf(services))
  desk.handle(name, 'reload', async () => {
    await refreshTls(services)
    return null
  })
}

/** What a process counts, from now on; of itself, too. */
export function answerCounts(desk: ControlDesk, name: string): void {
  watchProcess(name, version())
  desk.handle(name, 'metrics', () => metrics.snapshot())
}

/** A process that logs: how much, can be changed while it runs. */
export function answerLevels(desk: ControlDesk, name: string): void {
  desk.handle(name, 'log-level', (change) => {
    if (change !== null) logDesk.setLevel(change.module, change.level, change.seconds * 1000)
    return logDesk.changes()
  })
}

async function healthOf({ store }: Services): Promise<Health> {
  const isWell = await store.isReady()
  return { isWell, because: isWell ? null : 'the database does not answer' }
}
