import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { emptyDatabase } from '@posthouse/testkit'
import { Database } from './database.ts'
import { statement } from './statement.ts'
import { StoreUnavailable } from './unavailable.ts'

const sleep = statement('test_sleep', 'SELECT pg_sleep(20)')
const write = statement('test_write', 'INSERT INTO kept VALUES (1)')
const make = statement('test_make', 'CREATE TABLE kept (n int)')
const count = statement<{ n: number }>('test_count', 'SELECT count(*)::int AS n FROM kept')
const self = statement<{ pid: number }>('test_self', 'SELECT pg_backend_pid() AS pid')
const sleeping = statement<{ n: number }>(
  'test_sleeping',
  `SELECT count(*)::int AS n FROM pg_stat_activity
  WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()`,
)

/** A way to Postgres whose near side can be cut while the server hears nothing of it. */
class HalfCutProxy {
  readonly #near = new Set<net.Socket>()
  readonly #far = new Set<net.Socket>()
  readonly #server: net.Server
  readonly folder: string

  constructor(folder: string, target: string) {
    this.folder = folder
    this.#server = net.createServer({ allowHalfOpen: true }, (near) => {
      const far = net.connect(target)
      this.#near.add(near)
      this.#far.add(far)
      near.on('data', (chunk) => far.write(chunk))
      far.on('data', (chunk) => near.write(chunk))
      for (const socket of [near, far]) socket.on('error', () => undefined)
      far.on('close', () => near.destroy())
    })
  }

  async listen(): Promise<void> {
    const file = path.join(this.folder, '.s.PGSQL.5432')
    await new Promise<void>((resolve) => this.#server.listen(file, resolve))
  }

  cut(): void {
    for (const near of this.#near) near.destroy()
    this.#near.clear()
  }

  async close(): Promise<void> {
    this.cut()
    for (const far of this.#far) far.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

test('a server process that lost its client before it reached the COMMIT is ended before anybody looks', async (t) => {
  const empty = await emptyDatabase()
  const folder = await mkdtemp(path.join(tmpdir(), 'half-'))
  const url = new URL(empty.url)
  const port = url.port || url.searchParams.get('port') || '5432'
  const proxy = new HalfCutProxy(
    folder,
    path.join(url.searchParams.get('host') ?? '', `.s.PGSQL.${port}`),
  )
  await proxy.listen()
  url.searchParams.set('host', folder)
  url.searchParams.delete('port')
  url.port = ''
  const near = new Database({ url: url.href, app: 'near' })
  const direct = new Database({ url: empty.url, app: 'direct' })
  t.after(async () => {
    await near.close()
    await direct.close()
    await proxy.close()
    await empty.drop()
    await rm(folder, { recursive: true, force: true })
  })
  await direct.execute(make)
  const [bystander] = await direct.read(self)
  const lost = near.transact(async (tx) => {
    for (const each of [sleep, write]) void tx.execute(each).catch(() => undefined)
  })
  const outcome = lost.then(
    () => 'committed',
    (error: unknown) => error,
  )
  while ((await direct.query(sleeping))[0]?.n !== 1) {
    // The statement has not reached the server yet.
  }
  proxy.cut()
  const error = await outcome
  assert.ok(error instanceof StoreUnavailable)
  assert.equal(error.outcome, 'unknown')
  assert.equal((await direct.query(sleeping))[0]?.n, 1)
  await near.settleLostCommits()
  assert.equal((await direct.query(sleeping))[0]?.n, 0)
  assert.equal((await direct.query(count))[0]?.n, 0)
  assert.deepEqual((await direct.read(self))[0], bystander)
})
