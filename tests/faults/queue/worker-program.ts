import { createTlsSource } from '@posthouse/app'
import { deliveryApp } from '@posthouse/delivery'
import { Zone, zoneResolver } from '@posthouse/dns'
import { openStore } from '@posthouse/store'
import { configureFaultPoints, createLog } from '@posthouse/telemetry'
import { testAuthority, testConfig } from '@posthouse/testkit'

/** What a worker's process is told, as JSON in its first argument. */
export interface WorkerOrder {
  readonly databaseUrl: string
  readonly folder: string
  readonly mxPort: number
  readonly zone: string
  readonly leaseSeconds: number
  /** Where it dies, as `POSTHOUSE_FAULT_POINTS`. */
  readonly faultPoints: string
}

// A delivery worker as a process of its own, so that it can be killed, or stopped, alone.
const order = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder
configureFaultPoints(order.faultPoints)
const config = testConfig(order.databaseUrl, order.folder, {
  delivery: { mxPort: order.mxPort },
})
const log = createLog({ level: 'warn', format: 'json' })
const store = await openStore({
  database: order.databaseUrl,
  app: 'delivery',
  log,
  unsafe: true,
  secretKeyFile: config.secretKeyFile,
})
const app = deliveryApp({
  leaseSeconds: order.leaseSeconds,
  perDestination: 20,
  destinations: 5,
  lowWater: 5,
  sessions: 2,
  pollMs: 200,
  idleMs: 200,
  deadMs: 0,
})
const running = await app.start({
  config,
  log,
  store,
  tls: createTlsSource(testAuthority().leaf),
  resolver: zoneResolver(new Zone(order.zone)),
})
process.stdout.write('at work\n')
process.on('SIGTERM', () => {
  void running
    .drain()
    .then(() => store.close())
    .then(() => process.exit(0))
})
