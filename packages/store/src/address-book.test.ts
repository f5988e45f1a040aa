import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AddressBook } from './address-book.ts'
import { ForwardSenders } from './forward-senders.ts'
import { tupleStatement, unnamed } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
  await house.account('first@example.test')
  await house.account('ada@example.test')
  await house.account('bob@example.test')
})
after(() => house.close())

async function alias(address: string, ...targets: string[]): Promise<void> {
  assert.deepEqual(await house.store.aliases.create(address, targets, actor), { ok: true })
}

/** The resolution in one line. */
async function resolve(address: string): Promise<string> {
  const found = await house.store.resolve(address)
  if (found.kind === 'local') return `local ${found.account.address} ${found.account.detail}`.trim()
  if (found.kind !== 'alias') return found.kind
  const accounts = found.accounts.map((one) => `${one.address} ${one.detail}`.trim())
  const remote = found.remote.map((one) => one.address)
  return `alias ${[...accounts, ...remote].toSorted().join(', ')}`
}

test('an account is found in any case, with and without a tag', async () => {
  assert.equal(await resolve('ada@example.test'), 'local ada@example.test')
  assert.equal(await resolve('ADA@EXAMPLE.TEST'), 'local ada@example.test')
  assert.equal(await resolve('"ada"@example.test'), 'local ada@example.test')
  assert.equal(await resolve('Ada+Lists+More@example.test'), 'local ada@example.test Lists+More')
  assert.equal(await resolve('ada+@example.test'), 'local ada@example.test')
})

test('an address with a plus of its own wins over the one without the tag', async () => {
  await house.account('plus+own@example.test')
  await house.account('plus@example.test')
  assert.equal(await resolve('plus+own@example.test'), 'local plus+own@example.test')
  assert.equal(await resolve('plus+other@example.test'), 'local plus@example.test other')
})

test('unknown, foreign and malformed addresses are told apart', async () => {
  assert.equal(await resolve('nobody@example.test'), 'unknown')
  assert.equal(await resolve('+ada@example.test'), 'unknown')
  assert.equal(await resolve('ada@elsewhere.test'), 'foreign')
  assert.equal(await resolve('ada@sub.example.test'), 'foreign')
  assert.equal(await resolve('ada@'), 'foreign')
  assert.equal(await resolve('ada'), 'unknown')
  assert.equal(await resolve(''), 'unknown')
  assert.equal(await resolve(`${'x'.repeat(100)}@elsewhere.test`), 'foreign')
  assert.equal(await resolve('ada@[192.0.2.1]'), 'foreign')
  assert.equal(await resolve('a\0da@example.test'), 'unknown')
  assert.equal(await resolve("x' OR '1'='1@example.test"), 'unknown')
  assert.equal(await resolve('%@example.test'), 'unknown')
  assert.equal(await resolve(`${'x'.repeat(10_000)}@example.test`), 'unknown')
})

test('tricks that ask for a relay find no account', async () => {
  for (const trick of [
    'victim%elsewhere.test@example.test',
    'elsewhere.test!victim@example.test',
    'victim@elsewhere.test@example.test',
    '"victim@elsewhere.test"@example.test',
  ]) {
    assert.equal(await resolve(trick), 'unknown', trick)
  }
  assert.equal(await resolve('ada@example.test@elsewhere.test'), 'foreign')
})

test('an alias leads to several accounts and foreign addresses, each once, tags kept', async () => {
  await alias('team@example.test', 'ada@example.test', 'BOB+team@example.test', 'Ext@Remote.test')
  const all = 'ada@example.test, bob@example.test team'
  assert.equal(await resolve('Team@example.test'), `alias Ext@remote.test, ${all}`)
  assert.equal(await resolve('team+x@example.test'), `alias Ext@remote.test, ${all}`)
})

test('aliases of aliases are followed; an account reached twice is there once', async () => {
  await alias('inner@example.test', 'ada@example.test', 'bob@example.test')
  await alias('outer@example.test', 'inner@example.test', 'ada@example.test')
  assert.equal(await resolve('outer@example.test'), 'alias ada@example.test, bob@example.test')
})

test('a ring that leads nowhere is a loop; one with a way out leads there', async () => {
  await alias('ring1@example.test', 'ring2@example.test')
  await alias('ring2@example.test', 'ring3+tag@example.test')
  // A third alias that closes the ring is not made: it came about in another way.
  await alias('ring3@example.test', 'ring1@ring.test')
  assert.deepEqual(await house.store.domains.addAlias('ring.test', 'example.test', actor), {
    ok: true,
  })
  assert.equal(await resolve('ring1@example.test'), 'loop')
  await alias('spin1@example.test', 'spin2@example.test', 'ada@example.test')
  await alias('spin2@example.test', 'spin1@example.test')
  assert.equal(await resolve('spin2@example.test'), 'alias ada@example.test')
})

test('branches that meet again do not multiply', async () => {
  for (let level = 0; level < 12; level++) {
    const next = [`mesh${level + 1}a@example.test`, `mesh${level + 1}b@example.test`]
    await alias(`mesh${level}a@example.test`, ...next)
    await alias(`mesh${level}b@example.test`, ...next)
  }
  await alias('mesh12a@example.test', 'ada@example.test')
  await alias('mesh12b@example.test', 'bob@example.test')
  assert.equal(await resolve('mesh0a@example.test'), 'alias ada@example.test, bob@example.test')
})

function many(name: string): readonly string[] {
  return Array.from({ length: 600 }, (_, i) => `${name}${i}@remote.test`)
}

test('an alias to more than a thousand addresses is refused as a loop is', async () => {
  await alias('many1@example.test', ...many('a'))
  await alias('many2@example.test', ...many('b'))
  await alias('most@example.test', 'many1@example.test', 'many2@example.test')
  assert.equal((await house.store.resolve('many1@example.test')).kind, 'alias')
  assert.equal(await resolve('most@example.test'), 'loop')
})

test('an alias whose targets are not there is unknown; one with disabled accounts only is disabled', async () => {
  await house.account('off@example.test')
  await house.store.accounts.setEnabled('off@example.test', false, actor)
  await alias('nowhere@example.test', 'missing@example.test')
  await alias('toff@example.test', 'off@example.test')
  await alias('mixed@example.test', 'off@example.test', 'ada@example.test')
  assert.equal(await resolve('nowhere@example.test'), 'unknown')
  assert.equal(await resolve('off@example.test'), 'disabled')
  assert.equal(await resolve('off+x@example.test'), 'disabled')
  assert.equal(await resolve('toff@example.test'), 'disabled')
  assert.equal(await resolve('mixed@example.test'), 'alias ada@example.test')
})

test('postmaster and abuse go to the first account until somebody says otherwise', async () => {
  assert.equal(await resolve('Postmaster@example.test'), 'local first@example.test')
  assert.equal(await resolve('abuse@example.test'), 'local first@example.test')
  assert.equal(await resolve('postmaster'), 'local first@example.test')
  assert.equal(await resolve('POSTMASTER'), 'local first@example.test')
  await alias('abuse@example.test', 'bob@example.test')
  assert.equal(await resolve('abuse@example.test'), 'alias bob@example.test')
  await house.store.domains.create('lonely.test', actor)
  assert.equal(await resolve('postmaster@lonely.test'), 'local first@example.test')
  assert.equal(await resolve('postmaster@elsewhere.test'), 'foreign')
})

test('mail for postmaster finds somebody while anybody is there', async () => {
  await house.store.domains.create('roles.test', actor)
  await house.account('postmaster@roles.test')
  assert.equal(await resolve('postmaster@roles.test'), 'local postmaster@roles.test')
  await house.store.accounts.setEnabled('postmaster@roles.test', false, actor)
  assert.equal(await resolve('postmaster@roles.test'), 'local first@example.test')
  assert.equal(await resolve('abuse+x@roles.test'), 'local first@example.test x')
  await house.account('zoe@roles.test')
  assert.equal(await resolve('postmaster@roles.test'), 'local zoe@roles.test')
  assert.equal(await resolve('abuse@roles.test'), 'local zoe@roles.test')
  assert.equal(await resolve('hostmaster@roles.test'), 'unknown')
})

test('many addresses are answered together, in their order', async () => {
  const asked = [
    'nobody@example.test',
    'ada@example.test',
    'x@elsewhere.test',
    'inner@example.test',
    'ada@example.test',
    'ring1@example.test',
  ]
  const kinds = (await house.store.resolveAll(asked)).map(({ kind }) => kind)
  assert.deepEqual(kinds, ['unknown', 'local', 'foreign', 'alias', 'local', 'loop'])
  assert.deepEqual(await house.store.resolveAll([]), [])
})

test('a thousand recipients are one question', async () => {
  const asked = Array.from(
    { length: 1_000 },
    (_, i) => (i % 2 === 0 ? 'ada' : `no${i}`) + '@example.test',
  )
  const answers = await house.store.resolveAll(asked)
  assert.equal(answers.filter(({ kind }) => kind === 'local').length, 500)
  assert.equal(answers.filter(({ kind }) => kind === 'unknown').length, 500)
})

test('the look-up of a recipient does not read all addresses, also where they are few enough', async () => {
  const { database, store } = house
  for (let n = 0; n < 300; n++) {
    await store.accounts.create({ address: `one-of-many-${n}@example.test` }, actor)
  }
  await database.execute(unnamed('ANALYZE address, account'))
  await new AddressBook(database, () => undefined, new ForwardSenders(database)).resolve(
    'ada@example.test',
  )
  const explain = tupleStatement<readonly [string]>(
    'test_explain',
    'EXPLAIN EXECUTE resolve_direct (NULL, NULL)',
  )
  const plan = (await database.read(explain)).map(([line]) => line).join('\n')
  assert.match(plan, /Index .*Scan using address_pkey/)
  assert.doesNotMatch(plan, /Seq Scan on address/)
})

test('a first limit that another process sets counts from the next look-up of the recipient on', async () => {
  const { id } = await house.account('limited@example.test')
  const other = await house.another()
  assert.equal(await resolve('limited@example.test'), 'local limited@example.test')
  assert.deepEqual(await house.store.quotas.full([id]), new Set())
  await other.quotas.set(id, { messages: 0 })
  assert.equal(await resolve('limited@example.test'), 'local limited@example.test')
  assert.deepEqual(await house.store.quotas.full([id]), new Set([id]))
})
