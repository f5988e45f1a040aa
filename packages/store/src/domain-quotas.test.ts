import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { freshDatabase } from '@posthouse/testkit'
import { silentLog } from '@posthouse/telemetry'
import { Database } from './database.ts'
import { DomainQuotas } from './domain-quotas.ts'
import type { AccountId } from './ids.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'
import { deliveryTo, messageNamed } from './testing/mailbox-house.ts'

const by = { via: 'test', user: 'tester' }
const octets = messageNamed('counted', 1024)

let fresh: { readonly url: string; drop(): Promise<void> }
let database: Database
let store: Store
let sums: DomainQuotas
before(async () => {
  fresh = await freshDatabase()
  database = new Database({ url: fresh.url, app: 'test' })
  store = await openStore({ database: fresh.url, log: silentLog, app: 'test', unsafe: true })
  sums = new DomainQuotas(database, silentLog)
  await store.domains.create('small.test', by)
  await store.domains.create('large.test', by)
})
after(async () => {
  assert.deepEqual(await store.check(), [])
  sums.close()
  await store.close()
  await database.close()
  await fresh.drop()
})

async function newAccount(address: string): Promise<AccountId> {
  const made = await store.accounts.create({ address }, by)
  assert.ok(made.ok)
  return made.account.id
}

test('the accounts of a domain share its limit, those of other domains do not', async () => {
  const [ada, bob] = [await newAccount('ada@small.test'), await newAccount('bob@small.test')]
  const eve = await newAccount('eve@large.test')
  await store.deliver(deliveryTo(ada, octets))
  await store.deliver(deliveryTo(eve, octets))
  assert.equal(await store.quotas.setDomain('Small.test', { messages: 2 }), true)
  const shown = await store.quotas.showDomain('small.test')
  assert.deepEqual(shown?.messages, { used: 1, limit: 2 })
  assert.ok((shown?.bytes.used ?? 0) > octets.length)
  assert.deepEqual(await store.quotas.full([ada, bob, eve]), new Set())

  await store.deliver(deliveryTo(bob, octets))
  assert.deepEqual(await store.quotas.full([ada, bob, eve]), new Set(), 'not summed yet')
  assert.equal(await sums.sum(3_600), 0, 'too young to be summed again')
  assert.equal(await sums.sum(0), 1)
  assert.deepEqual(await store.quotas.full([ada, bob, eve]), new Set([ada, bob]))
  const inbox = await store.mailboxes(ada).find('INBOX')
  assert.ok(inbox)
  const request = { octets, facts: computeFacts(octets), flags: [] }
  assert.deepEqual(await store.append(ada, inbox.id, request), { ok: false, reason: 'quota' })

  assert.equal(await store.quotas.setDomain('small.test', {}), true)
  assert.deepEqual(await store.quotas.full([ada, bob]), new Set())
  assert.deepEqual((await store.quotas.showDomain('small.test'))?.messages.limit, undefined)
})

test("an account's own limit holds beside its domain's", async () => {
  const account = await newAccount('zoe@large.test')
  await store.quotas.setDomain('large.test', { messages: 1_000 })
  await store.quotas.set(account, { messages: 1 })
  await store.deliver(deliveryTo(account, octets))
  assert.deepEqual(await store.quotas.full([account]), new Set([account]))
  await store.quotas.setDomain('large.test', {})
})

test('a domain that is not ours has no limits', async () => {
  assert.equal(await store.quotas.showDomain('elsewhere.test'), undefined)
  assert.equal(await store.quotas.setDomain('elsewhere.test', { bytes: 1 }), false)
  assert.equal(await store.quotas.setDomain('no domain', { bytes: 1 }), false)
})
