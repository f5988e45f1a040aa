import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { test } from 'node:test'
import { openStore } from '@posthouse/store'
import { freshDatabase, startSuite, testActor } from '@posthouse/testkit'
import { enqueue, eventually, quick, settled, testResolver } from '../delivery.fixture.ts'
import { deliveryApp } from '../delivery.ts'
import { startSink } from '../sink.fixture.ts'

test('without the key file mail waits and says why, and goes signed when the file is there', async () => {
  const sink = await startSink()
  const database = await freshDatabase()
  const suite = await startSuite({
    apps: [deliveryApp({ ...quick, keyWatchMs: 600_000 })],
    resolver: testResolver(),
    delivery: { mxPort: sink.port },
    database,
  })
  try {
    const file = `${suite.config.secretKeyFile}.elsewhere`
    const elsewhere = await openStore({
      database: database.url,
      app: 'test',
      unsafe: true,
      secretKeyFile: file,
    })
    await elsewhere.domains.create('example.test', testActor)
    const creation = await elsewhere.dkimKeys.create(
      'example.test',
      { algorithm: 'ed25519' },
      testActor,
    )
    assert.ok(creation.ok)
    await elsewhere.dkimKeys.activate(creation.key, testActor)
    await elsewhere.close()
    const queueId = await enqueue(suite.store, ['bob@there.test'], { authorDomain: 'example.test' })
    const [item] = await settled(
      suite.store,
      queueId,
      ({ lastOutcome }) => lastOutcome !== undefined,
    )
    assert.equal(item?.lastOutcome, 'deferred')
    assert.match(
      item?.last?.text ?? '',
      /cannot be signed for example\.test: .*secret-key is missing/,
    )
    assert.equal(item?.last?.host, undefined)
    assert.ok(suite.logTail().some((line) => line.includes('delivery.sign.failed')))
    assert.equal(sink.taken.length, 0)
    await copyFile(file, suite.config.secretKeyFile)
    await suite.store.queue.retry({ queueIds: [queueId] })
    const octets = await eventually('the message', () => sink.taken[0]?.octets)
    assert.match(octets.toString(), /^DKIM-Signature: v=1; a=ed25519-sha256;/)
  } finally {
    await suite.stop()
    await sink.close()
  }
})
