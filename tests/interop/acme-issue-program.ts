import { Issuer } from '@posthouse/certificates'
import type { AcmeConfig } from '@posthouse/config'
import { createResolver } from '@posthouse/dns'
import { openStore } from '@posthouse/store'
import { configureFaultPoints } from '@posthouse/telemetry'

/** What the program is told. */
export interface IssueOrder {
  readonly database: string
  readonly secretKeyFile: string
  readonly acme: AcmeConfig
  readonly hostname: string
  readonly dns: string
  /** `certificates.ordered=kill`, or nothing. */
  readonly fault: string
}

// Issues the host's certificate as the delivery app does, in a process that a test kills at a point.

const order = JSON.parse(process.argv[2] ?? '{}') as IssueOrder
configureFaultPoints(order.fault)
const store = await openStore({
  database: order.database,
  app: 'issuer',
  unsafe: true,
  secretKeyFile: order.secretKeyFile,
})
const { acme, hostname } = order
const issuer = new Issuer({
  acme,
  hostname,
  certificates: store.certificates,
  resolver: createResolver({ servers: [order.dns] }),
  by: { via: 'test', user: '' },
})
const done = await store.certificates.alone(() =>
  issuer.issue({ name: hostname, candidates: [hostname] }),
)
process.stdout.write(JSON.stringify(done?.value ?? { kind: 'busy' }))
await store.close()
