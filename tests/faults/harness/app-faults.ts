import { waitFor } from '../../journeys/house/wait-for.ts'
import { isAlive } from '../process-tree.ts'
import { familyOf, pause, trySignal, type FaultKind, type Scene } from './scene.ts'

const apps = ['mx', 'submission', 'delivery', 'imap', 'pop3', 'web'] as const

/** A delivery worker's (apps/delivery, leaseSeconds). */
const leaseMs = 120_000

const day = 24 * 60 * 60 * 1000

/** How far clocks step: what a time server corrects, a wrong time zone, and a date that was set wrong. */
const steps = [-2 * day, -3_700_000, -61_000, -1_500, 0, 1_500, 61_000, 3_700_000, 2 * day]

/** Signals to single apps, and to the suite. */
export const appFaults: readonly FaultKind[] = [
  ...apps.map((app): FaultKind => ({
    name: `kill ${app}`,
    mayRepeat: app === 'delivery',
    strike: async ({ suite }) => {
      trySignal(await suite.pidOf(app), 'SIGKILL')
      return true
    },
  })),
  ...apps.map((app): FaultKind => ({
    name: `drain ${app}`,
    mayRepeat: app === 'delivery',
    strike: (scene) => drain(scene, app),
  })),
  { name: 'freeze delivery', mayRepeat: true, strike: freeze },
  { name: 'kill a worker of imap', mayRepeat: false, strike: killWorker },
  { name: 'SIGHUP', mayRepeat: false, strike: hangUp },
  { name: 'drain and start', mayRepeat: true, strike: drainAll },
  { name: 'clock stepped', mayRepeat: false, strike: stepClock },
]

/** One of several processes behind the same ports; the others go on. */
async function killWorker({ suite, dice }: Scene): Promise<boolean> {
  const workers = (await familyOf(suite, 'imap')).slice(1)
  if (workers.length > 0) trySignal(dice.pick(workers), 'SIGKILL')
  return workers.length > 0
}

/** A worker that stands still with its leases until after they have run out, and then goes on as if nothing had been. */
async function freeze({ suite }: Scene): Promise<boolean> {
  const pid = await suite.pidOf('delivery')
  trySignal(pid, 'SIGSTOP')
  await pause(leaseMs + 5_000)
  trySignal(pid, 'SIGCONT')
  return true
}

/** Told to stop, an app says goodbye and goes within ten seconds, however busy; it is then started again. */
async function drain({ suite, complain }: Scene, app: string): Promise<boolean> {
  const pid = await suite.pidOf(app)
  trySignal(pid, 'SIGTERM')
  const gone = waitFor(`${app} to drain`, async () => ((await isAlive(pid)) ? undefined : true))
  await gone.catch(() => complain(`${app} was told to stop and did not`))
  return true
}

/** A terminal that hangs up, or an operator's reload: nobody ends. */
async function hangUp({ suite, complain }: Scene): Promise<boolean> {
  const pids = await Promise.all(apps.map((app) => suite.pidOf(app)))
  for (const pid of pids) trySignal(pid, 'SIGHUP')
  await pause(1000)
  for (const [index, pid] of pids.entries())
    if (!(await isAlive(pid))) complain(`${apps[index]} ended on SIGHUP`)
  return true
}

async function drainAll({ suite }: Scene): Promise<boolean> {
  suite.process.kill('SIGTERM')
  await suite.ended()
  await suite.up()
  return true
}

/** One app's clock, which stays wrong until it steps again or the app ends; Postgres keeps the right time. */
async function stepClock({ suite, dice, orders }: Scene): Promise<boolean> {
  const family = await familyOf(suite, dice.pick(apps))
  await orders.give(dice.pick(family), { clockMs: dice.pick(steps) })
  return true
}
