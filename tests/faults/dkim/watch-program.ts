import { Zone, zoneResolver } from '@posthouse/dns'
import { openStore } from '@posthouse/store'
import { configureFaultPoints, silentLog } from '@posthouse/telemetry'
import { KeyWatch } from '../../../apps/delivery/src/signing/key-watch.ts'

/** What the process is told, as JSON in its first argument. */
interface Order {
  readonly database: string
  readonly secretKeyFile: string
  /** `name TXT value`, a record each. */
  readonly records: readonly { readonly name: string; readonly value: string }[]
  readonly faultPoints: string
}

// A delivery worker reduced to its watch over the keys. Runs until it is killed, or a fault point does it.

const order: Order = JSON.parse(process.argv[2] ?? '')
configureFaultPoints(order.faultPoints)
const zone = new Zone('')
for (const { name, value } of order.records) zone.add({ name, type: 'TXT', value })
const { database, secretKeyFile } = order
const store = await openStore({ database, secretKeyFile, app: 'test', unsafe: true })
const watch = new KeyWatch({
  keys: store.dkimKeys,
  resolver: zoneResolver(zone),
  log: silentLog,
  everyMs: 30,
})
process.once('SIGTERM', () => void watch.end().then(() => store.close()))
