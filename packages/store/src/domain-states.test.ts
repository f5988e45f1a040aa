import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Database } from './database.ts'
import { DomainStates, type KnownDomains } from './domain-states.ts'
import { statement } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
  await house.account('ada@example.test')
})
after(() => house.close())

async function eventually(
  states: DomainStates,
  holds: (known: KnownDomains) => boolean,
): Promise<void> {
  for (let i = 0; i < 1_500; i++) {
    if (holds(await states.current())) return
    await sleep(20)
  }
  assert.fail('it was never known')
}

test('a house without such domains is plain, and one that gets or loses them is not or is again, at once', async () => {
  const states = new DomainStates(house.database, 600_000)
  assert.deepEqual(await states.current(), { isPlain: true, aliasOf: new Map(), off: new Set() })
  const { domains } = house.store
  await domains.addAlias('alias.test', 'example.test', actor)
  await eventually(states, ({ aliasOf }) => aliasOf.get('alias.test') === 'example.test')
  await domains.setEnabled('alias.test', false, actor)
  await eventually(states, ({ off, isPlain }) => off.has('alias.test') && !isPlain)
  await domains.remove('alias.test', actor)
  await eventually(states, ({ isPlain }) => isPlain)
  const catchAll = { address: 'ada@example.test' }
  await domains.change('example.test', { catchAll }, actor)
  await eventually(states, ({ isPlain, off }) => !isPlain && off.size === 0)
  await domains.change('example.test', { catchAll: { address: undefined } }, actor)
  await eventually(states, ({ isPlain }) => isPlain)
})

test('whoever changes a domain knows of it before anybody is woken', async () => {
  const { domains } = house.store
  await house.store.resolve('ada@example.test')
  for (const isEnabled of [false, true, false, true]) {
    await domains.setEnabled('example.test', isEnabled, actor)
    const { kind } = await house.store.resolve('ada@example.test')
    assert.equal(kind, isEnabled ? 'local' : 'disabled')
  }
})

test('a change whose wake-up is lost is known all the same', async () => {
  const states = new DomainStates(house.database, 50)
  assert.equal((await states.current()).isPlain, true)
  const off = statement(
    'test_off',
    `UPDATE domain SET disabled_at = now() WHERE name = 'example.test'`,
  )
  await house.database.execute(off)
  await eventually(states, (known) => known.off.has('example.test'))
  await house.store.domains.setEnabled('example.test', true, actor)
})

test('a process that was asked nothing for long does not answer by what it knew then', async () => {
  // No wake-up comes through.
  const deaf = { listen: () => () => undefined }
  const database = new Proxy(house.database, {
    get(target, name) {
      if (name === 'notifier') return deaf
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  }) satisfies Database
  const states = new DomainStates(database, 50)
  assert.equal((await states.current()).isPlain, true)
  await house.database.execute(
    statement(
      'test_off_unheard',
      `UPDATE domain SET disabled_at = now() WHERE name = 'example.test'`,
    ),
  )
  await sleep(200)
  assert.ok((await states.current()).off.has('example.test'))
  await house.store.domains.setEnabled('example.test', true, actor)
})

test('what cannot be read is an error, and is read as soon as it can be', async () => {
  let isAway = true
  const database = new Proxy(house.database, {
    get(target, name) {
      if (name === 'read' && isAway) return () => Promise.reject(new Error('away'))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  }) satisfies Database
  const states = new DomainStates(database)
  await assert.rejects(states.current(), /away/)
  isAway = false
  assert.equal((await states.current()).isPlain, true)
})
