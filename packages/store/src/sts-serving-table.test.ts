import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
  await house.store.domains.create('example.test', actor)
})
after(() => house.close())

test('a domain publishes an MTA-STS policy once it is told to, until it is told not to', async () => {
  const { stsServings, audit, domains } = house.store
  assert.equal(await stsServings.of('example.test'), undefined)
  const testing = { mode: 'testing', maxAgeSeconds: 86_400 } as const
  assert.equal(await stsServings.set('Example.test', testing, actor), 'done')
  assert.deepEqual(await stsServings.of('example.test'), testing)
  const enforce = { mode: 'enforce', maxAgeSeconds: 604_800 } as const
  await stsServings.set('example.test', enforce, actor)
  assert.deepEqual(await stsServings.of('EXAMPLE.TEST'), enforce)
  const [last] = await audit.list({ object: 'example.test' })
  assert.equal(last?.action, 'domain.mta-sts-changed')
  assert.deepEqual(last?.details, enforce)
  await stsServings.set('example.test', undefined, actor)
  assert.equal(await stsServings.of('example.test'), undefined)
  assert.equal(await stsServings.set('elsewhere.test', enforce, actor), 'not-found')
  // It goes with its domain.
  await stsServings.set('example.test', enforce, actor)
  assert.equal(await domains.remove('example.test', actor), 'done')
  assert.equal(await stsServings.of('example.test'), undefined)
})
