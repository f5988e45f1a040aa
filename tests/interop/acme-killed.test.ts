import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createResolver } from '@posthouse/dns'
import { openStore, type Certificate, type Store } from '@posthouse/store'
import { freshDatabase, testAuthority, type FreshDatabase } from '@posthouse/testkit'
import { startKnot, type Knot } from '../journeys/house/knot.ts'
import { startPebble, type Pebble } from '../journeys/house/pebble.ts'
import { absent, runProgram, type Ended } from '../journeys/house/run-program.ts'
import type { IssueOrder } from './acme-issue-program.ts'

// A process that issues is killed at each step of an order; the next one takes it up, with the same key.

const skip = absent('pebble') || absent('knotd', 'knot')
const hostname = 'mail.first.test'
const program = fileURLToPath(new URL('./acme-issue-program.ts', import.meta.url))

let database: FreshDatabase
let folder: string
let store: Store
let knot: Knot
let pebble: Pebble
const ends: (() => Promise<unknown>)[] = []

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'killed-'))
  ends.push(() => rm(folder, { recursive: true }))
  database = await freshDatabase()
  ends.push(() => database.drop())
  store = await openStore({
    database: database.url,
    app: 'test',
    unsafe: true,
    secretKeyFile: path.join(folder, 'secret-key'),
  })
  ends.push(() => store.close())
  knot = await startKnot({ 'first.test': 'mail A 127.0.0.1\n' })
  ends.push(() => knot.stop())
  pebble = await startPebble({ dns: knot.server })
  ends.push(() => pebble.stop())
  await writeFile(path.join(folder, 'tsig'), knot.key)
  await writeFile(path.join(folder, 'authority.pem'), testAuthority().ca)
})
after(async () => {
  for (const end of ends.toReversed()) await end()
})

function issue(fault = ''): Promise<Ended> {
  const order: IssueOrder = {
    database: database.url,
    secretKeyFile: path.join(folder, 'secret-key'),
    hostname,
    dns: knot.server,
    fault,
    acme: {
      directory: pebble.directory,
      challenge: 'dns-01',
      caFile: path.join(folder, 'authority.pem'),
      keys: 'stable',
      keyType: 'ecdsa',
      dns: { server: knot.server, keyFile: path.join(folder, 'tsig') },
      httpPort: pebble.httpPort,
      tlsPort: pebble.tlsPort,
    },
  }
  const args = ['--conditions=@posthouse/source', program, JSON.stringify(order)]
  return runProgram(process.execPath, args)
}

async function shown(): Promise<Certificate> {
  const found = await store.certificates.find(hostname)
  assert.ok(found)
  return found
}

test(
  'killed at any step, an order is taken up by the next process, with the same key',
  { skip, timeout: 300_000 },
  async () => {
    let pin: string | undefined
    for (const point of ['ordered', 'published', 'finalized']) {
      const earlier = await store.certificates.find(hostname)
      const killed = await issue(`certificates.${point}=kill`)
      assert.equal(killed.code, 'SIGKILL', killed.stderr)
      const standing = await shown()
      pin ??= standing.pin.toString('hex')
      assert.ok(standing.order, point)
      assert.equal(standing.chain, earlier?.chain)
      const ended = await issue()
      assert.match(ended.stdout, /"kind":"issued"/, `${point}: ${ended.stdout}${ended.stderr}`)
      const issued = await shown()
      assert.notEqual(issued.chain, earlier?.chain)
      assert.equal(issued.pin.toString('hex'), pin)
      assert.equal(issued.order, undefined)
    }
    // What the killed ones published is gone, too.
    const direct = createResolver({ servers: [knot.server] })
    const left = await direct.txt(`_acme-challenge.${hostname}`)
    assert.notEqual(left.kind, 'records')
    // One order for each that was killed first, and no more.
    const orders = (await pebble.log()).match(/Added order/g)?.length
    assert.equal(orders, 3)
  },
)

test('of two machines at the same moment one issues', { skip, timeout: 120_000 }, async () => {
  const placed = (await pebble.log()).match(/Added order/g)?.length ?? 0
  const both = await Promise.all([issue(), issue()])
  const words = both.map(({ stdout }) => (JSON.parse(stdout) as { kind: string }).kind).toSorted()
  const orders = ((await pebble.log()).match(/Added order/g)?.length ?? 0) - placed
  // Where they did not meet, both did it, one after the other.
  assert.equal(orders, words.filter((word) => word === 'issued').length)
  assert.ok(
    orders >= 1 && words.every((word) => word === 'issued' || word === 'busy'),
    words.join(),
  )
})
