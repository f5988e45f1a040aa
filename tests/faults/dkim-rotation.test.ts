import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { keyRecordName, keyRecordText } from '@posthouse/mail-auth'
import { openStore, type DkimKey, type Store } from '@posthouse/store'
import { freshDatabase, testActor, type FreshDatabase } from '@posthouse/testkit'
import pg from 'pg'
import { waitFor } from '../journeys/house/wait-for.ts'

// Whoever watches over the keys is killed between the steps of a rotation; another goes on. There is always a key that signs.

const program = fileURLToPath(new URL('dkim/watch-program.ts', import.meta.url))
let folder: string
let database: FreshDatabase
let store: Store
let client: pg.Client

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'rotation-'))
  database = await freshDatabase()
  store = await openStore({
    database: database.url,
    secretKeyFile: path.join(folder, 'secret-key'),
    app: 'test',
    unsafe: true,
  })
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
after(async () => {
  await client.end()
  await store.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

function startWatch(published: readonly DkimKey[], faultPoints: string) {
  const records = published.map((key) => ({ name: keyRecordName(key), value: keyRecordText(key) }))
  const secretKeyFile = path.join(folder, 'secret-key')
  const order = { database: database.url, secretKeyFile, records, faultPoints }
  const args = ['--conditions=@posthouse/source', program, JSON.stringify(order)]
  return spawn(process.execPath, args, { stdio: 'inherit' })
}

/** A domain whose present key signs and whose next one waits. */
async function inRotation(domain: string): Promise<readonly DkimKey[]> {
  await store.domains.create(domain, testActor)
  for (const isFirst of [true, false]) {
    const creation = await store.dkimKeys.create(domain, { algorithm: 'ed25519' }, testActor)
    assert.ok(creation.ok)
    if (isFirst) await store.dkimKeys.activate(creation.key, testActor)
  }
  return store.dkimKeys.list(domain)
}

async function statesOf(domain: string): Promise<readonly string[]> {
  const keys = await store.dkimKeys.list(domain)
  return keys.map(({ state }) => state)
}

/** Time goes by: all keys are due again, and what rests has rested long enough. */
async function later(): Promise<void> {
  await client.query('UPDATE dkim_key SET checked_at = NULL, retire_at = least(retire_at, now())')
}

const cases = [
  { point: 'delivery.dkim.seen', left: ['active', 'waiting'] },
  { point: 'delivery.dkim.activated', left: ['retiring', 'active'] },
  { point: 'delivery.dkim.retired', left: ['retired', 'active'] },
] as const

for (const { point, left } of cases)
  test(`killed at ${point}, a rotation is where it was or a step on, and another goes on with it`, async () => {
    const domain = `${point.replaceAll('.', '-')}.test`
    const keys = await inRotation(domain)
    if (point === 'delivery.dkim.retired') {
      await store.dkimKeys.activate(keys[1] ?? assert.fail(), testActor)
      await later()
    }
    const victim = startWatch(keys, `${point}=kill`)
    const [, signal]: unknown[] = await once(victim, 'exit')
    assert.equal(signal, 'SIGKILL')
    assert.deepEqual(await statesOf(domain), left)
    assert.equal((await store.dkimKeys.signing(domain)).length, 1)
    await later()
    const next = startWatch(keys, '')
    await waitFor('the end of the rotation', async () => {
      assert.equal((await store.dkimKeys.signing(domain)).length, 1)
      await client.query('UPDATE dkim_key SET retire_at = least(retire_at, now())')
      const [old, present] = await statesOf(domain)
      return (old === 'retired' && present === 'active') || undefined
    })
    next.kill('SIGTERM')
    await once(next, 'exit')
  })
