import type { ControlDesk, Health, Services } from '@posthouse/app'
import { refreshTls } from '../services.ts'

/** What every process that serves answers, whatever its apps are: how it does, a new certificate. */
export function answerAsProcess(desk: ControlDesk, name: string, services: Services): void {
  desk.handle(name, 'health', () => healthOf(services))
  desk.handle(name, 'reload', async () => {
    await refreshTls(services)
    return null
  })
}

async function healthOf({ store }: Services): Promise<Health> {
  const isWell = await store.isReady()
  return { isWell, because: isWell ? null : 'the database does not answer' }
}
