import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { freshDatabase } from '@posthouse/testkit'
import { silentLog } from '@posthouse/telemetry'
import { Database } from './database.ts'
import type { AccountId } from './ids.ts'
import { openStore } from './open-store.ts'
import { purgeStep, purgeTasks } from './purge.ts'
import { eraseRemovedAccounts } from './removed-accounts.ts'
import type { Store } from './store.ts'
import { statement, tupleStatement } from './statement.ts'
import { deliveryTo, messageNamed } from './testing/mailbox-house.ts'

const by = { via: 'test', user: 'tester' }
const password = new Secret('correct horse battery')

let fresh: { readonly url: string; drop(): Promise<void> }
let database: Database
let store: Store
before(async () => {
  fresh = await freshDatabase()
  database = new Database({ url: fresh.url, app: 'test' })
  store = await openStore({ database: fresh.url, log: silentLog, app: 'test', unsafe: true })
  await store.domains.create('example.test', by)
})
after(async () => {
  assert.deepEqual(await store.check(), [])
  await store.close()
  await database.close()
  await fresh.drop()
})

async function newAccount(address: string): Promise<AccountId> {
  const made = await store.accounts.create({ address, name: 'Somebody', password }, by)
  assert.ok(made.ok)
  return made.account.id
}

async function signIn(address: string) {
  return store.accounts.authenticate(address, password, { protocol: 'imap', address: '192.0.2.1' })
}

async function inboxSize(account: AccountId): Promise<number | undefined> {
  const found = await store.mailboxes(account).find('INBOX')
  if (found === undefined) return undefined
  const opened = await store.open(account, found.id, { readOnly: true })
  await opened?.refresh()
  const size = opened?.state.size
  opened?.close()
  return size
}

test('a removed account comes back with its mail, password, mailboxes and limits; what was deleted before stays deleted', async () => {
  const account = await newAccount('ada@example.test')
  await store.quotas.set(account, { bytes: 1_000_000 })
  await store.deliver(deliveryTo(account, messageNamed('one')))
  const mailboxes = store.mailboxes(account)
  await mailboxes.create('Projects')
  await mailboxes.create('Old')
  await mailboxes.remove('Old')
  const names = async () => (await mailboxes.list()).map(({ name }) => name).toSorted()
  const namesBefore = await names()
  const session = await signIn('ada@example.test')
  assert.ok(session.ok)
  assert.equal(await store.accounts.remove('ada@example.test', by), 'done')
  assert.deepEqual(await store.accounts.lapsed([session.grant]), [session.grant])
  assert.equal((await signIn('ada@example.test')).ok, false)
  assert.equal(await store.accounts.show('ada@example.test'), undefined)
  assert.equal((await store.resolve('ada@example.test')).kind, 'unknown')
  assert.equal(await inboxSize(account), undefined)
  const [removed] = await store.accounts.removed()
  assert.equal(removed?.address, 'ada@example.test')
  assert.equal(removed?.mailboxes, namesBefore.length)
  assert.deepEqual(await store.check(), [])

  assert.equal(await store.accounts.restore('Ada@EXAMPLE.test', by), 'done')
  assert.equal(await store.accounts.restore('ada@example.test', by), 'not-found')
  assert.deepEqual(await store.accounts.removed(), [])
  assert.ok((await signIn('ada@example.test')).ok)
  assert.equal(await inboxSize(account), 1)
  assert.deepEqual(await names(), namesBefore)
  assert.equal((await mailboxes.deleted()).length, 1)
  assert.ok((await mailboxes.list()).some(({ specialUse }) => specialUse === '\\Sent'))
  assert.equal((await store.quotas.show(account)).bytes.limit, 1_000_000)
  assert.ok((await mailboxes.subscriptions()).includes('Sent'))
})

test('an address that somebody else has now is not taken away again; the latest of several comes back', async () => {
  const first = await newAccount('bob@example.test')
  await store.accounts.remove('bob@example.test', by)
  const second = await newAccount('bob@example.test')
  assert.notEqual(first, second)
  assert.equal(await store.accounts.restore('bob@example.test', by), 'exists')
  assert.equal((await store.accounts.removed()).length, 1)
  await store.accounts.remove('bob@example.test', by)
  assert.equal(await store.accounts.restore('bob@example.test', by), 'done')
  assert.equal((await store.accounts.show('bob@example.test'))?.id, second)
})

test('nothing is restored where there was nothing, or where the domain is gone', async () => {
  assert.equal(await store.accounts.restore('nobody@example.test', by), 'not-found')
  assert.equal(await store.accounts.restore('no address', by), 'not-found')
  await store.domains.create('gone.test', by)
  await newAccount('x@gone.test')
  await store.accounts.remove('x@gone.test', by)
  assert.equal(await store.domains.remove('gone.test', by), 'done')
  assert.equal(await store.accounts.restore('x@gone.test', by), 'unknown-domain')
})

const rowsStatement = tupleStatement<readonly [number]>(
  'test_rows_of_account',
  `SELECT (SELECT count(*) FROM account WHERE account_id = $1::uuid)
    + (SELECT count(*) FROM subscription WHERE account_id = $1::uuid)
    + (SELECT count(*) FROM mailbox WHERE account_id = $1::uuid)
    + (SELECT count(*) FROM message WHERE account_id = $1::uuid)`,
)
const ageStatement = statement(
  'test_age_removed',
  `WITH m AS (UPDATE mailbox SET deleted_at = deleted_at - interval '31 days' WHERE account_id = $1::uuid)
  UPDATE removed_account SET removed_at = removed_at - interval '31 days' WHERE account_id = $1::uuid`,
)

test('when its retention is over nothing is left of a removed account', async () => {
  const account = await newAccount('eve@example.test')
  await store.deliver(deliveryTo(account, messageNamed('gone')))
  await store.accounts.remove('eve@example.test', by)
  await eraseRemovedAccounts(database)
  await database.execute(ageStatement, [account])
  assert.equal(await store.accounts.restore('eve@example.test', by), 'not-found')
  assert.equal(await eraseRemovedAccounts(database), 0, 'not before its mailboxes')
  for (const task of await purgeTasks(database)) {
    while (await purgeStep(database, task)) continue
  }
  assert.equal(await eraseRemovedAccounts(database), 1)
  assert.deepEqual(await database.query(rowsStatement, [account]), [[0]])
})
