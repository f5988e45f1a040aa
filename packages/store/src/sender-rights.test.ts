import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Account } from './accounts.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let ada: Account
let bob: Account
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
  bob = await house.account('bob@example.test')
})
after(() => house.close())

const may = (account: Account, ...addresses: readonly string[]): Promise<boolean> =>
  house.store.sending.mayWriteAs(account.id, addresses)
async function alias(name: string, targets: readonly string[], maySend?: boolean): Promise<void> {
  const full = targets.map((target) => (target.includes('@') ? target : `${target}@example.test`))
  const made = await house.store.aliases.create(`${name}@example.test`, full, actor, { maySend })
  assert.deepEqual(made, { ok: true })
}

test('an account writes as itself, in any case, with any tag', async () => {
  assert.equal(
    await may(ada, 'ada@example.test', 'ADA+x@Example.TEST', 'ada+y+z@example.test'),
    true,
  )
  assert.equal(await may(ada, 'bob@example.test'), false)
  assert.equal(await may(ada, 'ada@example.test', 'bob@example.test'), false)
  for (const odd of [
    'ada@elsewhere.example',
    'nobody@example.test',
    'no address',
    '',
    '@',
    'a@b@c',
  ])
    assert.equal(await may(ada, odd), false, odd)
})

test('a tag that is an address of its own is that address’s alone', async () => {
  await house.account('ada+work@example.test')
  assert.equal(await may(ada, 'ada+work@example.test'), false)
  await alias('bob+list', ['ada'], true)
  assert.equal(await may(bob, 'bob+list@example.test'), false)
  assert.equal(await may(ada, 'bob+list@example.test'), true)
})

test('an alias is written as by those it leads to, where it grants that', async () => {
  await alias('countess', ['ada'])
  await alias('team', ['ada', 'bob'])
  await alias('sales', ['ada', 'bob'], true)
  assert.equal(await may(ada, 'countess@example.test', 'countess+x@example.test'), true)
  assert.equal(await may(bob, 'countess@example.test'), false)
  assert.equal(await may(ada, 'team@example.test'), false)
  assert.equal(await may(ada, 'sales@example.test'), true)
  assert.equal(await may(bob, 'sales@example.test', 'bob@example.test'), true)
  assert.equal(await may(bob, 'sales@example.test', 'ada@example.test'), false)
})

test('a chain of aliases grants what each of its links grants; a ring ends', async () => {
  await alias('inner', ['ada', 'bob'], true)
  await alias('outer', ['inner'])
  await alias('closed', ['inner'], false)
  assert.equal(await may(ada, 'outer@example.test'), true)
  assert.equal(await may(ada, 'closed@example.test'), false)
  await alias('ring1', ['ring2'])
  await alias('ring2', ['ring1@ring.test'])
  const closed = await house.store.domains.addAlias('ring.test', 'example.test', actor)
  assert.deepEqual(closed, { ok: true })
  assert.equal(await may(ada, 'ring1@example.test'), false)
})

test('who stands in for postmaster writes as postmaster', async () => {
  assert.equal(await may(ada, 'postmaster@example.test'), true)
  assert.equal(await may(bob, 'postmaster@example.test'), false)
})
