import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import type { LoginContext } from './accounts.ts'
import type { NewAppPassword } from './app-passwords.ts'
import { formatToken, newTokenSecret } from './app-password-token.ts'
import { statement } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
  await house.account('ada@example.test')
  await house.account('bob@example.test')
})
after(() => house.close())

async function create(more: Partial<NewAppPassword> = {}) {
  const request = { account: 'ada@example.test', name: 'Phone', ...more }
  const made = await house.store.appPasswords.create(request, actor)
  assert.ok(made.ok)
  return { ...made.appPassword, secret: made.secret.reveal() }
}

function login(
  secret: string,
  {
    name = 'ada@example.test',
    protocol = 'imap',
    address = '192.0.2.1',
  }: {
    readonly name?: string
    readonly protocol?: LoginContext['protocol']
    readonly address?: string
  } = {},
) {
  return house.store.accounts.authenticate(name, new Secret(secret), { protocol, address })
}

async function because(...args: Parameters<typeof login>): Promise<string> {
  const result = await login(...args)
  return result.ok ? 'ok' : result.because
}

test('an app password opens its own account, in any process, and is kept as a keyed hash only', async () => {
  const { secret, id } = await create()
  assert.match(secret, /^([a-z2-7]{4}-){6}[a-z2-7]{4}$/)
  const result = await login(secret)
  assert.ok(result.ok && result.account.address === 'ada@example.test')
  assert.equal(await because(secret.toUpperCase().replaceAll('-', ' ')), 'ok')
  assert.equal(await because(secret, { name: 'bob@example.test' }), 'app-password')
  assert.equal(await because(secret, { name: 'nobody@example.test' }), 'app-password')
  const other = await house.another()
  const context = { protocol: 'pop3', address: '192.0.2.1' } as const
  const there = await other.accounts.authenticate('ada@example.test', new Secret(secret), context)
  assert.ok(there.ok)
  // The account's own password still does.
  assert.equal(await because('analytical'), 'ok')
  const everything = statement<{ readonly text: string }>(
    'test_everything',
    `SELECT string_agg(p::text, ' ') || (SELECT string_agg(a::text, ' ') FROM audit a) AS text FROM app_password p`,
  )
  const [row] = await house.database.query(everything)
  assert.ok(row !== undefined && !row.text.includes(secret))
  assert.ok(!row.text.includes(secret.replaceAll('-', '')))
  assert.equal(id.length, 26)
})

async function cpu(work: (i: number) => Promise<string>, times: number): Promise<number> {
  await work(-1)
  const begun = process.cpuUsage()
  for (let i = 0; i < times; i++) await work(i)
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / times
}

/** Many clients in two networks. */
const by = (i: number) => ({ address: `198.51.${100 + (i & 1)}.${i + 2}` })

test('it costs no argon2, right or wrong', async () => {
  const { secret } = await create()
  const argon = await cpu((i) => because(`wrong ${i}`, by(i)), 5)
  const right = await cpu(() => because(secret), 100)
  const wrong = await cpu((i) => because(formatToken(newTokenSecret()), by(i)), 40)
  assert.ok(right < argon / 3 && wrong < argon / 3, JSON.stringify({ argon, right, wrong }))
})

test('it opens the protocols it was made for, until it expires', async () => {
  const { secret, protocols } = await create({ protocols: ['submission', 'imap'] })
  assert.deepEqual(protocols, ['imap', 'submission'])
  assert.equal(await because(secret, { protocol: 'submission' }), 'ok')
  assert.equal(await because(secret, { protocol: 'pop3' }), 'protocol')
  const soon = await create({ expiresAt: new Date(Date.now() + 3_600_000) })
  assert.equal(await because(soon.secret), 'ok')
  const grant = await login(soon.secret)
  assert.ok(grant.ok)
  await house.database.execute(
    statement(
      'test_expire',
      `UPDATE app_password SET expires_at = now() WHERE expires_at IS NOT NULL`,
    ),
  )
  assert.equal(await because(soon.secret), 'expired')
  assert.deepEqual(await house.store.accounts.lapsed([grant.grant]), [grant.grant])
})

test('a revoked one opens nothing, ends what it opened, and only that; other processes hear of it', async () => {
  const phone = await create({ name: 'Phone' })
  const laptop = await create({ name: 'Laptop' })
  const [first, second, own] = await Promise.all(
    [phone.secret, laptop.secret, 'analytical'].map((secret) => login(secret)),
  )
  assert.ok(first?.ok && second?.ok && own?.ok)
  const other = await house.another()
  const heard = new Promise((resolve) => other.onAccountChange(resolve))
  await other.accounts.setEnabled('bob@example.test', true, actor)
  await heard
  const revoked = new Promise((resolve) => other.onAccountChange(resolve))
  const { appPasswords } = house.store
  assert.equal(await appPasswords.revoke('bob@example.test', phone.id, actor), 'not-found')
  assert.equal(await appPasswords.revoke('ada@example.test', 'nonsense', actor), 'not-found')
  assert.equal(await appPasswords.revoke('ADA@example.test', phone.id.toLowerCase(), actor), 'done')
  assert.equal(await revoked, first.account.id)
  const grants = [first.grant, second.grant, own.grant]
  assert.deepEqual(await other.accounts.lapsed(grants), [first.grant])
  assert.equal(await because(phone.secret), 'app-password')
  assert.equal(await because(laptop.secret), 'ok')
  assert.equal(await appPasswords.revoke('ada@example.test', phone.id, actor), 'not-found')
  await house.store.accounts.setPassword('ada@example.test', new Secret('analytical'), actor)
  assert.deepEqual(await other.accounts.lapsed(grants), grants)
  assert.equal(await because(laptop.secret), 'ok')
})

test('it is of no use to a disabled account, and gone with a removed one', async () => {
  const account = 'temp@example.test'
  await house.account(account)
  const { secret } = await create({ account })
  await house.store.accounts.setEnabled(account, false, actor)
  assert.equal(await because(secret, { name: account }), 'disabled')
  await house.store.accounts.setEnabled(account, true, actor)
  assert.equal(await because(secret, { name: account }), 'ok')
  await house.store.accounts.remove(account, actor)
  await house.account(account)
  assert.equal(await because(secret, { name: account }), 'app-password')
  assert.deepEqual(await house.store.appPasswords.list(account), [])
})

test('wrong ones are throttled like passwords; the right one opens whatever others have tried', async () => {
  const store = await house.another({ loginLimits: { ofLogin: 3, halfLifeSeconds: 1e9 } })
  const { secret } = await create()
  const attempt = async (password: string) => {
    const context = { protocol: 'imap', address: '203.0.113.9' } as const
    const result = await store.accounts.authenticate(
      'ada@example.test',
      new Secret(password),
      context,
    )
    return result.ok ? 'ok' : result.because
  }
  for (let i = 0; i < 3; i++) {
    assert.equal(await attempt(formatToken(newTokenSecret())), 'app-password')
  }
  assert.equal(await attempt(formatToken(newTokenSecret())), 'throttled-login')
  assert.equal(await attempt('analytical'), 'throttled-login')
  assert.equal(await attempt(secret), 'ok')
  await house.store.networkRules.set('203.0.113.9', 'ban', {}, actor)
  assert.equal(await attempt(secret), 'throttled-banned')
})

test('the list tells the newest use, written behind the login’s back and once a minute', async () => {
  const account = 'uses@example.test'
  await house.account(account)
  const { secret, id } = await create({ account, name: '  Mobiltelefon ☎ ' })
  const lastUse = async () => {
    const [item] = (await house.store.appPasswords.list(account)) ?? []
    assert.equal(item?.id, id)
    assert.equal(item.name, 'Mobiltelefon ☎')
    return item.lastUse
  }
  assert.equal(await lastUse(), undefined)
  await login(secret, { name: account, protocol: 'submission', address: '2001:db8::7' })
  let use = await lastUse()
  for (let i = 0; i < 1_500 && use === undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    use = await lastUse()
  }
  assert.ok(use?.at instanceof Date)
  assert.equal(`${use.protocol} ${use.address}`, 'submission 2001:db8::7')
  // Another process, at once: its note changes nothing within the minute.
  const other = await house.another()
  const context = { protocol: 'imap', address: '192.0.2.1' } as const
  const again = await other.accounts.authenticate(account, new Secret(secret), context)
  assert.ok(again.ok)
  assert.deepEqual(await lastUse(), use)
  assert.equal(await house.store.appPasswords.list('nobody@example.test'), undefined)
})

test('what cannot be made is refused, and what is made leaves a line', async () => {
  const account = 'refuse@example.test'
  await house.account(account)
  const refusal = async (more: Partial<NewAppPassword>) => {
    const made = await house.store.appPasswords.create({ account, name: 'x', ...more }, actor)
    return made.ok ? 'made' : made.reason
  }
  assert.equal(await refusal({ account: 'nobody@example.test' }), 'not-found')
  for (const name of ['', ' ', 'a\nb', 'x'.repeat(101), '\ud800']) {
    assert.equal(await refusal({ name }), 'name')
  }
  assert.equal(await refusal({ protocols: [] }), 'protocols')
  assert.equal(await refusal({ expiresAt: new Date() }), 'expired')
  for (let i = 0; i < 100; i++) assert.equal(await refusal({}), 'made')
  assert.equal(await refusal({}), 'too-many')
  const lines = await house.store.audit.list({ object: account, limit: 1_000 })
  assert.equal(lines.filter(({ action }) => action === 'app-password.created').length, 100)
})
