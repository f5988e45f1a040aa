import { waitFor } from '../../journeys/house/wait-for.ts'
import { isAlive } from '../process-tree.ts'
import { pause, trySignal, type FaultKind, type Scene } from './scene.ts'

const apps = ['mx', 'submission', 'delivery', 'imap', 'pop3'] as const

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
  { name: 'SIGHUP', mayRepeat: false, strike: hangUp },
  { name: 'drain and start', mayRepeat: true, strike: drainAll },
  { name: 'clock stepped', mayRepeat: false, strike: stepClock },
]

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
  orders.give(await suite.pidOf(dice.pick(apps)), { clockMs: dice.pick(steps) })
  await pause(1000)
  return true
}
