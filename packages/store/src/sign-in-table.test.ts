import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import type { LoginContext } from './accounts.ts'
import { accountId } from './ids.ts'
import { purgeSignIns, writeSignIns } from './sign-in-table.ts'
import { SignInNotes } from './sign-in-notes.ts'
import type { SignInRecord } from './sign-ins.ts'
import { statement } from './statement.ts'
import { silentLog } from './store-log.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { uuidToBase32 } from './uuid-v7.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

function attempt(login: string, password: string, more: Partial<LoginContext> = {}) {
  const context = { protocol: 'imap', address: '192.0.2.7', ...more } as const
  return house.store.accounts.authenticate(login, new Secret(password), context)
}

/** The records as soon as there are so many attempts: they are written behind a sign-in's back. */
async function recordsOf(address: string, attempts: number): Promise<readonly SignInRecord[]> {
  const account = await house.store.accounts.show(address)
  assert.ok(account !== undefined)
  for (let i = 0; i < 1_500; i++) {
    const records = await house.store.signIns.list(account.id)
    if (records.reduce((sum, { times }) => sum + times, 0) >= attempts) return records
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return assert.fail('the attempts were not recorded')
}

test('attempts that are alike are one record, with their number; each other one is its own', async () => {
  await house.account('ada@example.test')
  const made = await house.store.appPasswords.create(
    { account: 'ada@example.test', name: 'Phone', protocols: ['imap'] },
    actor,
  )
  assert.ok(made.ok)
  const phone = made.secret.reveal()
  for (let i = 0; i < 3; i++) await attempt('ADA@example.test', 'analytical')
  await attempt('ada@example.test', 'analytical', { protocol: 'pop3' })
  await attempt('ada@example.test', 'wrong', { address: '2001:db8::7' })
  await attempt('ada@example.test', phone)
  await attempt('ada@example.test', phone, { protocol: 'submission' })
  const records = await recordsOf('ada@example.test', 7)
  const words = records.map(({ protocol, client, result, appPassword, times }) =>
    [protocol, client, result, appPassword?.name ?? '-', times].join(' '),
  )
  assert.deepEqual(
    new Set(words),
    new Set([
      'imap 192.0.2.7 ok - 3',
      'pop3 192.0.2.7 ok - 1',
      'imap 2001:db8::/64 password - 1',
      'imap 192.0.2.7 ok Phone 1',
      'submission 192.0.2.7 protocol Phone 1',
    ]),
  )
  const account = await house.store.accounts.show('ada@example.test')
  assert.ok(account !== undefined)
  const failed = await house.store.signIns.list(account.id, { onlyFailed: true })
  assert.deepEqual(
    failed.map(({ result }) => result).toSorted((a, b) => (a < b ? -1 : 1)),
    ['password', 'protocol'],
  )
  assert.ok(failed.every(({ firstAt, lastAt }) => lastAt >= firstAt))
  const later = new Date(Date.now() + 60_000)
  assert.deepEqual(await house.store.signIns.list(account.id, { since: later }), [])
  assert.equal((await house.store.signIns.list(account.id, { limit: 2 })).length, 2)
})

test('a name that nobody has is recorded nowhere, and breaks nothing', async () => {
  assert.equal((await attempt('nobody@example.test', 'x')).ok, false)
})

const countFailures = statement<{ readonly n: number }>(
  'test_failures',
  'SELECT count(*) AS n FROM login_failure',
)

test('an examination says what is in the way, and leaves no trace', async () => {
  await house.account('bob@example.test')
  const { accounts, appPasswords, signIns } = house.store
  const context = { protocol: 'pop3', address: '203.0.113.9' } as const
  const examine = (login: string, password: string) =>
    accounts.examine(login, new Secret(password), context)
  const [before_] = await house.database.query(countFailures)
  const made = await appPasswords.create(
    { account: 'bob@example.test', name: 'Mail', protocols: ['imap'] },
    actor,
  )
  assert.ok(made.ok)
  for (let i = 0; i < 30; i++) assert.equal(await examine('bob@example.test', 'no'), 'password')
  assert.equal(await examine('bob@example.test', 'analytical'), undefined)
  assert.equal(await examine('nobody@example.test', 'analytical'), 'name')
  assert.equal(await examine('bob@example.test', made.secret.reveal()), 'protocol')
  assert.equal(await examine('ada@example.test', made.secret.reveal()), 'app-password')
  await accounts.setEnabled('bob@example.test', false, actor)
  assert.equal(await examine('bob@example.test', 'analytical'), 'disabled')
  assert.equal(await examine('bob@example.test', 'no'), 'password')
  const [after_] = await house.database.query(countFailures)
  assert.equal(after_?.n, before_?.n)
  await new Promise((resolve) => setTimeout(resolve, 700))
  const account = await accounts.show('bob@example.test')
  assert.ok(account !== undefined)
  assert.deepEqual(await signIns.list(account.id), [])
})

test('an attack from everywhere costs a bounded number of rows, and pushes no success out', async () => {
  const account = await house.account('eve@example.test')
  const notes = new SignInNotes(house.database, silentLog)
  const like = { account: account.id, protocol: 'imap' } as const
  for (let i = 0; i < 3_000; i++) {
    const client = `198.51.${i % 250}.${Math.floor(i / 250)}/32`
    notes.add({ ...like, client, result: 'password' }, undefined)
  }
  const records = await recordsOf('eve@example.test', 200)
  assert.ok(records.length <= 200)
  const many = records.find(({ client }) => client === '0.0.0.0/0')
  assert.equal(many?.times, 2_500)
  await writeSignIns(house.database, [
    { ...like, client: '192.0.2.1/32', result: 'ok', appPassword: nil, times: 1 },
  ])
  const removed = await purgeSignIns(house.database, 100)
  assert.ok(removed >= 401, String(removed))
  const left = await house.store.signIns.list(account.id, { limit: 1_000 })
  assert.equal(left.length, 101)
  assert.equal(left.filter(({ result }) => result === 'ok').length, 1)
})

const attack = statement(
  'test_attack',
  `WITH made AS (
    INSERT INTO account (account_id) SELECT lpad(to_hex(n), 32, '0')::uuid FROM generate_series(1, 250) n
    RETURNING account_id
  )
  INSERT INTO sign_in (account_id, slot, protocol, client, result, app_password_id, times, first_at, last_at)
  SELECT m.account_id, date_trunc('hour', now()), 'imap', ('10.0.0.' || c)::cidr, 'password', $1, 1, now(), now()
  FROM made m, generate_series(1, 15) c`,
)
const peace = statement(
  'test_peace',
  `DELETE FROM account WHERE account_id < '00000000-0000-0000-0000-0000000000ff'`,
)
const mostOfOne = statement<{ readonly n: number }>(
  'test_most',
  'SELECT max(n)::int AS n FROM (SELECT count(*) AS n FROM sign_in GROUP BY account_id) c',
)

test('an attack on more accounts than one step looks at leaves none of them with too much', async () => {
  assert.equal(await house.database.execute(attack, [nil]), 250 * 15)
  assert.ok((await purgeSignIns(house.database, 10)) >= 250 * 5)
  const [left] = await house.database.query(mostOfOne)
  assert.ok(left !== undefined && left.n <= 20, String(left?.n))
  assert.equal(await purgeSignIns(house.database, 10), 0)
  // They have no mailboxes, which the store's check at the end would mind.
  assert.equal(await house.database.execute(peace), 250)
})

const nil = '00000000-0000-0000-0000-000000000000'

const age = statement('test_age', `UPDATE sign_in SET slot = slot - interval '40 days'`)

test('what is older than a month goes, and an account that is gone is in nobody’s way', async () => {
  const gone = accountId('01234567-89ab-7cde-8f01-23456789abcd')
  assert.equal(uuidToBase32(gone).length, 26)
  await writeSignIns(house.database, [
    {
      account: gone,
      protocol: 'imap',
      client: '192.0.2.1/32',
      result: 'ok',
      appPassword: nil,
      times: 1,
    },
  ])
  assert.equal(await purgeSignIns(house.database), 0)
  assert.ok((await house.database.execute(age, [])) > 0)
  assert.ok((await purgeSignIns(house.database)) > 0)
  const ada = await house.store.accounts.show('ada@example.test')
  assert.ok(ada !== undefined)
  assert.deepEqual(await house.store.signIns.list(ada.id), [])
})
