import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Zone, zoneResolver } from '@posthouse/dns'
import { openStore } from '@posthouse/store'
import { createLog } from '@posthouse/telemetry'
import { freshDatabase } from '@posthouse/testkit'
import { RenewalClock } from './renewal-clock.ts'

const newKey = () => Promise.resolve(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)

test('what another machine of the house waits with is not forgotten; what nobody asks for is', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'clock-'))
  const database = await freshDatabase()
  const secretKeyFile = path.join(folder, 'secret-key')
  const store = await openStore({
    database: database.url,
    app: 'test',
    unsafe: true,
    secretKeyFile,
  })
  const { certificates } = store
  const waiting = await certificates.equip('mx2.a.test', newKey)
  await certificates.noteFailure('mx2.a.test', { kind: 'caa', text: 'CAA forbids it' }, 900)
  const ended = async (name: string, ...names: readonly string[]): Promise<void> => {
    await certificates.equip(name, newKey)
    const times = { notBefore: new Date(0), notAfter: new Date(), renewAt: new Date() }
    const made = { chain: 'PEM', names, ...times, keptSeconds: 0, isNext: false }
    await certificates.install(name, made, { via: 'test', user: '' })
  }
  await ended('mx3.a.test', 'mx3.a.test')
  await ended('over.test', 'mail.over.test', 'over.test')
  await certificates.equip('gone.test', newKey)
  const clock = new RenewalClock({
    acme: {
      directory: 'https://127.0.0.1:1/directory',
      challenge: 'http-01',
      keys: 'stable',
      keyType: 'ecdsa',
      httpPort: 80,
      tlsPort: 443,
    },
    hostname: 'mx1.a.test',
    store,
    // The host name leads nowhere: no authority is asked.
    resolver: zoneResolver(new Zone('')),
    log: createLog({ level: 'silent', format: 'json' }),
    limits: { firstMs: 1, everyMs: 50 },
  })
  try {
    while ((await certificates.find('gone.test')) !== undefined) await sleep(20)
    const kept = await certificates.find('mx2.a.test')
    assert.deepEqual(kept?.pin, waiting.pin)
    assert.equal(kept.failures, 1)
    assert.ok(await certificates.find('mx3.a.test'))
    assert.equal(await certificates.find('over.test'), undefined)
  } finally {
    await clock.end()
    await store.close()
    await database.drop()
    await rm(folder, { recursive: true })
  }
})
