import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { AccountAdmin } from './account-admin.ts'
import { AddressBook } from './address-book.ts'
import { AppPasswordLookup } from './app-password-lookup.ts'
import { loginLimits } from './login-limits.ts'
import { SenderRights } from './sender-rights.ts'
import { tupleStatement, unnamed } from './statement.ts'
import { silentLog } from './store-log.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

// What looking up addresses, senders and logins costs where there are thousands of domains, each with its own of everything.

let house: StoreHouse
let book: AddressBook

/** There are no rewritten senders here. */
const senders = { read: () => Promise.resolve(undefined) }

before(async () => {
  // One connection, so that prepared statements are found again.
  house = await openStoreHouse({ limits: { connections: 1 } })
  const { store, database } = house
  const ada = await house.account('ada@example.test')
  await store.domains.addAlias('alias.test', 'example.test', actor)
  await store.domains.change('example.test', { catchAll: { address: 'ada@example.test' } }, actor)
  for (const text of [
    `INSERT INTO domain (name) SELECT 'domain' || n || '.test' FROM generate_series(1, 3000) n`,
    `INSERT INTO address (domain, local_key, local_part)
      SELECT 'domain' || n || '.test', 'info', 'info' FROM generate_series(1, 3000) n`,
    `INSERT INTO alias_target (domain, local_key, n, target_domain, target_key, target_local_part)
      SELECT 'domain' || n || '.test', 'info', 1, 'remote.test', 'x' || n, 'x' || n FROM generate_series(1, 3000) n`,
    `UPDATE domain SET catchall_domain = name, catchall_key = 'info', catchall_local_part = 'info' WHERE name LIKE 'domain%'`,
    `INSERT INTO domain (name, alias_of)
      SELECT 'alias' || n || '.test', 'domain' || n || '.test' FROM generate_series(1, 3000) n`,
    `INSERT INTO account (account_id) SELECT lpad(to_hex(n), 32, '0')::uuid FROM generate_series(1, 3000) n`,
    `INSERT INTO removed_account (account_id, domain, local_key, local_part)
      SELECT lpad(to_hex(n), 32, '0')::uuid, 'domain' || n || '.test', 'gone', 'gone' FROM generate_series(1, 3000) n`,
    'ANALYZE',
  ]) {
    await database.execute(unnamed(text))
  }
  book = new AddressBook(database, () => undefined, senders)
  await book.resolveAll(['ada@example.test', 'any@alias.test'])
  await new SenderRights(database, book).mayWriteAs(ada.id, ['any@alias.test'])
  await login('ada@alias.test')
})
after(() => house.close())

async function login(name: string): Promise<boolean> {
  const { database } = house
  const lookup = new AppPasswordLookup(database)
  const accounts = new AccountAdmin(database, silentLog, lookup, loginLimits)
  const context = { protocol: 'imap', address: '192.0.2.1' } as const
  return (await accounts.authenticate(name, new Secret('analytical'), context)).ok
}

/** Runs a prepared statement, by its generic plan; its plan without what was never executed. */
async function planOf(name: string, values: string): Promise<string> {
  await house.database.execute(unnamed('SET plan_cache_mode = force_generic_plan'))
  await house.database.read(
    tupleStatement('test_generic', 'SET plan_cache_mode = force_generic_plan'),
  )
  const explain = unnamed<readonly [string]>(
    `EXPLAIN (ANALYZE, BUFFERS) EXECUTE ${name} (${values})`,
    'array',
  )
  const lines = (await house.database.read(explain)).map(([line]) => line)
  return lines.filter((line) => !line.includes('never executed')).join('\n')
}

/** No table whole, and few pages. */
function assertFlat(plan: string, mostPages: number): void {
  assert.doesNotMatch(
    plan,
    /Seq Scan on (?:address|alias_target|account|domain|removed_account)\b/,
    plan,
  )
  const [, hit = '', read = '0'] = /Buffers: shared hit=(\d+)(?: read=(\d+))?/.exec(plan) ?? []
  assert.ok(Number(hit) + Number(read) <= mostPages, plan)
}

test('an account’s own address costs no look at its domain, also under an alias of that', async () => {
  assert.equal((await book.resolve('ada@alias.test')).kind, 'local')
  const plan = await planOf('resolve_direct', `'{example.test}', '{ada}'`)
  assertFlat(plan, 30)
  assert.doesNotMatch(plan, /on domain\b/)
})

test('an address under an alias of its domain, and one that nobody has, read no table whole', async () => {
  assert.equal((await book.resolve('ada@alias.test')).kind, 'local')
  const names = `'{alias.test, alias.test, alias7.test}', '{ada, any+x, any}', '{ada, any, any}', 3003`
  assertFlat(await planOf('resolve_reach', names), 250)
})

test('who may write as whom reads no table whole', async () => {
  const values = `'00000000-0000-0000-0000-000000000001', '{alias.test, alias7.test}', '{any, any}', '{any, any}'`
  assertFlat(await planOf('sender_own', values), 60)
  assertFlat(await planOf('sender_rights', `${values}, 1000`), 120)
})

test('a sign-in by an alias of a domain reads no table whole', async () => {
  assert.ok(await login('ada@alias.test'))
  const values = `'alias.test', 'ada', '192.0.2.1', '192.0.2.1', '192.0.2.0/24', 'ada@alias.test', 900`
  assertFlat(await planOf('login_look', values), 60)
})
