import { isAlive } from '../process-tree.ts'
import { familyOf, pause, type FaultKind, type Scene } from './scene.ts'

const deliveries = ['store.deliver.before-commit', 'store.deliver.after-commit'] as const
const receptions = ['smtp.before-commit', 'smtp.after-commit', ...deliveries] as const

/** The named points that an app's process comes by. */
const points = {
  mx: receptions,
  submission: receptions,
  // Before a record is after the remote host's 250.
  delivery: [
    'store.queue.after-claim',
    'store.queue.before-settle',
    'delivery.record.before',
    'store.queue.before-record',
    'store.queue.after-record',
    'delivery.record.after',
  ],
  imap: [...deliveries, 'store.log.written'],
  pop3: ['pop3.quit.before-expunge', 'store.log.written', 'pop3.quit.after-expunge'],
} as const

/** kill -9 exactly there, on one of the next passes. */
export const pointFaults: readonly FaultKind[] = Object.entries(points).flatMap(([app, names]) =>
  names.map((point): FaultKind => ({
    name: `kill ${app} at ${point}`,
    mayRepeat: app === 'delivery',
    strike: (scene) => killAt(scene, app, point),
  })),
)

const patienceMs = 10_000

/** Every process of the app is told: whichever comes by first is the one. */
async function killAt({ suite, dice, orders }: Scene, app: string, point: string) {
  const family = await familyOf(suite, app)
  const pass = 1 + dice.below(8)
  for (const pid of family) await orders.give(pid, { points: `${point}=kill:${pass}` })
  const isStruck = await oneDies(family)
  for (const pid of family) await orders.give(pid, { points: '' })
  return isStruck
}

async function oneDies(pids: readonly number[]): Promise<boolean> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await pause(20)) {
    const alive = await Promise.all(pids.map((pid) => isAlive(pid)))
    if (alive.includes(false)) return true
  }
  return false
}
