// Loaded by --import into every process of a suite under the fault harness: takes orders on SIGUSR2. A named fault point is
// switched on, or the clock steps, while the process runs; nothing of this is in what operators run.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { configureFaultPoints } from '../../../packages/telemetry/dist/index.js'

const systemNow = Date.now
let offsetMs = 0

process.on('SIGUSR2', () => {
  const file = process.env['POSTHOUSE_FAULT_ORDERS'] ?? ''
  if (!existsSync(file)) return
  const { pid, points, clockMs } = JSON.parse(readFileSync(file, 'utf8'))
  // Hung for so long that the order is another's by now.
  if (pid !== process.pid) return
  if (points !== undefined) configureFaultPoints(points)
  if (clockMs !== undefined) stepClock(clockMs)
  // Gone: it was taken.
  rmSync(file, { force: true })
})

/**
 * The time of day as the process sees it; its timers and the other processes keep theirs, as when a clock is set.
 * @param {number} ms ahead of the system's clock
 */
function stepClock(ms) {
  offsetMs = ms
  if (Date.now !== systemNow) return
  const SystemDate = Date
  SystemDate.now = () => systemNow() + offsetMs
  globalThis.Date = new Proxy(SystemDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
    apply: (target) => new target(target.now()).toString(),
  })
}
