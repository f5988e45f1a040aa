import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
  await house.account('ada@example.test')
})
after(() => house.close())

test('an alias keeps its spelling and the order of its targets; repetitions count once', async () => {
  const { aliases } = house.store
  const targets = ['Zoe@remote.test', 'ada@example.test', 'zoe@REMOTE.test']
  assert.deepEqual(await aliases.create('Team@Example.test', targets, actor), { ok: true })
  const shown = await aliases.show('team@example.test')
  assert.equal(shown?.address, 'Team@example.test')
  assert.deepEqual(shown.targets, ['Zoe@remote.test', 'ada@example.test'])
  assert.deepEqual(await aliases.list({ domain: 'example.test' }), [shown])
  assert.deepEqual(await aliases.list({ domain: 'other.test' }), [])
})

test('what cannot be made is refused with its reason', async () => {
  const create = async (address: string, targets: readonly string[]) => {
    const made = await house.store.aliases.create(address, targets, actor)
    return made.ok ? 'made' : made.reason
  }
  assert.equal(await create('no-address', ['ada@example.test']), 'malformed')
  assert.equal(await create('new@unknown.test', ['ada@example.test']), 'unknown-domain')
  assert.equal(await create('ADA@example.test', ['x@remote.test']), 'exists')
  assert.equal(await create('new@example.test', []), 'no-targets')
  assert.equal(await create('new@example.test', ['broken']), 'malformed-target')
  assert.equal(await create('new@example.test', ['NEW@example.test']), 'self')
  const many = Array.from({ length: 1_001 }, (_, i) => `a${i}@remote.test`)
  assert.equal(await create('new@example.test', many), 'too-many')
  assert.equal(await house.store.aliases.show('new@example.test'), undefined)
})

test('a removed alias is gone, an account is none', async () => {
  const { aliases } = house.store
  await aliases.create('old@example.test', ['ada@example.test'], actor)
  assert.equal(await aliases.remove('OLD@example.test', actor), 'done')
  assert.equal(await aliases.remove('old@example.test', actor), 'not-found')
  assert.equal(await aliases.remove('ada@example.test', actor), 'not-found')
  assert.equal(await aliases.show('ada@example.test'), undefined)
  assert.ok(await house.store.accounts.show('ada@example.test'))
})

test('a domain is made once, shows what stands in it, and goes only when nothing does', async () => {
  const { domains, aliases } = house.store
  assert.equal(await domains.create('Empty.TEST', actor), 'done')
  assert.equal(await domains.create('empty.test.', actor), 'exists')
  assert.equal(await domains.create('127.0.0.1', actor), 'malformed')
  await aliases.create('x@empty.test', ['ada@example.test'], actor)
  const shown = await domains.show('EMPTY.test')
  assert.deepEqual([shown?.name, shown?.accounts, shown?.aliases], ['empty.test', 0, 1])
  assert.equal(await domains.remove('empty.test', actor), 'not-empty')
  await aliases.remove('x@empty.test', actor)
  assert.equal(await domains.remove('empty.test', actor), 'done')
  assert.equal(await domains.remove('empty.test', actor), 'not-found')
  assert.deepEqual(
    (await domains.list()).map(({ name }) => name),
    ['example.test'],
  )
})

test('an alias of one may be written as, a list may not, unless it is said', async () => {
  const { aliases } = house.store
  const maySend = async (address: string) => (await aliases.show(address))?.maySend
  await aliases.create('one@example.test', ['ada@example.test'], actor)
  await aliases.create('two@example.test', ['ada@example.test', 'x@remote.test'], actor)
  await aliases.create('no@example.test', ['ada@example.test'], actor, { maySend: false })
  const both = ['ada@example.test', 'x@remote.test']
  await aliases.create('yes@example.test', both, actor, { maySend: true })
  const shown = await Promise.all(
    ['one', 'two', 'no', 'yes'].map((n) => maySend(`${n}@example.test`)),
  )
  assert.deepEqual(shown, [true, false, false, true])
  assert.equal(await aliases.setSending('two@example.test', true, actor), 'done')
  assert.equal(await maySend('two@example.test'), true)
  assert.equal(await aliases.setSending('none@example.test', true, actor), 'not-found')
  assert.equal(await aliases.setSending('ada@example.test', true, actor), 'not-found')
})
