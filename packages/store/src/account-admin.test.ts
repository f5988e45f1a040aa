import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { formatToken, newTokenSecret } from './app-password-token.ts'
import type { AccountId } from './ids.ts'
import { statement } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
const context = { protocol: 'imap', address: '192.0.2.1' } as const

before(async () => {
  house = await openStoreHouse()
  await house.store.domains.create('example.test', actor)
})
after(() => house.close())

const login = (name: string, password: string) => {
  return house.store.accounts.authenticate(name, new Secret(password), context)
}

const reasonOf = async (name: string, password: string) => {
  const result = await login(name, password)
  return result.ok ? undefined : result.reason
}

test('a new account has INBOX and five mailboxes with their special use, subscribed', async () => {
  const account = await house.account('Ada.Lovelace@Example.TEST')
  assert.equal(account.address, 'Ada.Lovelace@example.test')
  const mailboxes = house.store.mailboxes(account.id)
  const list = await mailboxes.list()
  assert.deepEqual(Object.fromEntries(list.map(({ name, specialUse }) => [name, specialUse])), {
    INBOX: undefined,
    Archive: String.raw`\Archive`,
    Drafts: String.raw`\Drafts`,
    Junk: String.raw`\Junk`,
    Sent: String.raw`\Sent`,
    Trash: String.raw`\Trash`,
  })
  assert.deepEqual(
    [...(await mailboxes.subscriptions())].toSorted(),
    list.map(({ name }) => name).toSorted(),
  )
})

test('the login name is the address in any case and Unicode form, with the domain as U-label or A-label', async () => {
  await house.store.domains.create('bücher.test', actor)
  const account = await house.account('André@bücher.test')
  assert.equal(account.address, 'André@xn--bcher-kva.test')
  for (const name of ['andré@BÜCHER.test', 'ANDRE\u0301@xn--bcher-kva.TEST']) {
    const result = await login(name, 'analytical')
    assert.ok(result.ok && result.account.id === account.id, name)
  }
})

test('wrong passwords, unknown names and names that are no address are one answer', async () => {
  await house.account('wrong@example.test')
  for (const [name, password] of [
    ['wrong@example.test', 'Analytical'],
    ['wrong@example.test', ''],
    ['wrong@example.test', 'analytical\0'],
    ['wrong@example.test', 'x'.repeat(5_000)],
    ['nobody@example.test', 'analytical'],
    ['nobody@elsewhere.test', 'analytical'],
    ['', 'analytical'],
    ["' OR ''='", 'analytical'],
    ['wrong\0@example.test', 'analytical'],
    ['%@example.test', 'analytical'],
  ] as const) {
    const result = await login(name, password)
    assert.ok(!result.ok && result.reason === 'credentials', JSON.stringify(name))
  }
})

test('a disabled account is told so only with the right password, and comes back', async () => {
  await house.account('grace@example.test')
  assert.ok((await login('grace@example.test', 'analytical')).ok)
  assert.equal(await house.store.accounts.setEnabled('GRACE@example.test', false, actor), 'done')
  assert.equal(await reasonOf('grace@example.test', 'analytical'), 'disabled')
  assert.equal(await reasonOf('grace@example.test', 'wrong'), 'credentials')
  assert.equal(await house.store.accounts.setEnabled('grace@example.test', true, actor), 'done')
  assert.ok((await login('grace@example.test', 'analytical')).ok)
})

test('a changed password counts at once, in every process, although logins are remembered', async () => {
  await house.account('alan@example.test')
  const other = await house.another()
  assert.ok((await login('alan@example.test', 'analytical')).ok)
  const done = await other.accounts.setPassword('alan@example.test', new Secret('enigma'), actor)
  assert.equal(done, 'done')
  assert.equal(await reasonOf('alan@example.test', 'analytical'), 'credentials')
  assert.ok((await login('alan@example.test', 'enigma')).ok)
})

test('a remembered password is of its account only', async () => {
  await house.account('one@example.test')
  await house.account('two@example.test')
  await house.store.accounts.setPassword('two@example.test', new Secret('other'), actor)
  const attempts = Array.from({ length: 60 }, (_, i) => {
    const name = i % 2 === 0 ? 'one' : 'two'
    const password = i % 3 === 0 ? 'other' : 'analytical'
    return login(`${name}@example.test`, password).then((result) => {
      const isRight = (name === 'two') === (password === 'other')
      assert.equal(result.ok, isRight)
      if (result.ok) assert.equal(result.account.address, `${name}@example.test`)
    })
  })
  await Promise.all(attempts)
})

test('passwords compare after NFC, and are kept as argon2id only', async () => {
  const account = await house.account('nfc@example.test')
  await house.store.accounts.setPassword('nfc@example.test', new Secret('caf\u00e9'), actor)
  assert.ok((await login('nfc@example.test', 'cafe\u0301')).ok)
  const rows = await house.database.query(
    statement<{ readonly password: string }>(
      'test_password',
      'SELECT password FROM account WHERE account_id = $1',
    ),
    [account.id],
  )
  assert.match(rows[0]?.password ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('a hash of another cost is made anew at the next login', async () => {
  const account = await house.account('old@example.test')
  const { hash } = await import('@node-rs/argon2')
  const old = await hash('analytical', { memoryCost: 8_192, timeCost: 1 })
  const set = statement(
    'test_set_password',
    'UPDATE account SET password = $2 WHERE account_id = $1',
  )
  const get = statement<{ readonly password: string }>(
    'test_get_password',
    'SELECT password FROM account WHERE account_id = $1',
  )
  await house.database.execute(set, [account.id, old])
  assert.ok((await login('old@example.test', 'analytical')).ok)
  for (let i = 0; i < 600; i++) {
    const [row] = await house.database.query(get, [account.id])
    if (row?.password.includes('m=19456')) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const [row] = await house.database.query(get, [account.id])
  assert.match(row?.password ?? '', /m=19456,t=2,p=1/)
  assert.ok((await login('old@example.test', 'analytical')).ok)
})

test('an account without a password cannot log in', async () => {
  const made = await house.store.accounts.create(
    { address: 'empty@example.test', name: 'Empty' },
    actor,
  )
  assert.ok(made.ok && !made.account.hasPassword)
  assert.equal(await reasonOf('empty@example.test', ''), 'credentials')
  assert.equal(await reasonOf('empty@example.test', 'null'), 'credentials')
})

test('what cannot be made is refused, and leaves nothing behind', async () => {
  await house.account('taken@example.test')
  const known = await house.store.accounts.count()
  const create = async (address: string, password = 'secret') => {
    const made = await house.store.accounts.create(
      { address, password: new Secret(password) },
      actor,
    )
    return made.ok ? 'made' : made.reason
  }
  assert.equal(await create('TAKEN@example.test'), 'exists')
  assert.equal(await create('new@unknown.test'), 'unknown-domain')
  assert.equal(await create('no-address'), 'malformed')
  assert.equal(await create('a\0b@example.test'), 'malformed')
  assert.equal(await create('weak@example.test', ''), 'weak')
  assert.equal(await create('weak@example.test', 'x'.repeat(1_025)), 'weak')
  // Of the shape of an app password, and so never compared with the account's own.
  assert.equal(await create('weak@example.test', formatToken(newTokenSecret())), 'weak')
  await house.store.aliases.create('alias@example.test', ['taken@example.test'], actor)
  assert.equal(await create('Alias@example.test'), 'exists')
  assert.equal(await house.store.accounts.count(), known)
})

test('of many that are made at once with one address, one is made', async () => {
  const made = await Promise.all(
    Array.from({ length: 6 }, () =>
      house.store.accounts.create({ address: 'race@example.test' }, actor),
    ),
  )
  assert.equal(made.filter(({ ok }) => ok).length, 1)
})

test('a removed account is gone with its mailboxes, and other processes hear of it', async () => {
  const account = await house.account('gone@example.test')
  const other = await house.another()
  const heard = new Promise<AccountId>((resolve) => other.onAccountChange(resolve))
  // LISTEN is asked for before anything that the same process commits later.
  await other.accounts.setEnabled('gone@example.test', true, actor)
  await heard
  assert.equal(await house.store.accounts.remove('Gone@example.test', actor), 'done')
  assert.equal(await house.store.accounts.show('gone@example.test'), undefined)
  assert.equal(await house.store.accounts.show(account.id), undefined)
  assert.deepEqual(await house.store.mailboxes(account.id).list(), [])
  assert.deepEqual(await house.store.resolve('gone@example.test'), { kind: 'unknown' })
  assert.equal(await house.store.accounts.remove('gone@example.test', actor), 'not-found')
})

test('accounts are listed by domain and name, and found by address, id and shown id', async () => {
  await house.store.domains.create('list.test', actor)
  const b = await house.account('b@list.test')
  await house.account('a@list.test')
  const list = await house.store.accounts.list({ domain: 'LIST.test' })
  assert.deepEqual(
    list.map(({ address }) => address),
    ['a@list.test', 'b@list.test'],
  )
  assert.deepEqual(await house.store.accounts.list({ domain: 'no domain' }), [])
  for (const key of ['B@list.test', b.id]) {
    assert.equal((await house.store.accounts.show(key))?.id, b.id)
  }
})

test('every change leaves a line with who made it, and no secret', async () => {
  await house.account('audit@example.test')
  await house.store.accounts.setPassword('audit@example.test', new Secret('hunter2'), actor)
  await house.store.accounts.remove('audit@example.test', actor)
  await house.store.audit.write({ via: 'cli', user: 'a\0b' }, 'test.noted', 'x', { nul: '\0' })
  const lines = await house.store.audit.list({ object: 'audit@example.test' })
  assert.deepEqual(
    lines.map(({ action }) => action),
    ['account.removed', 'account.password-set', 'account.created'],
  )
  assert.ok(lines.every((line) => line.actor.user === 'ada' && line.actor.via === 'test'))
  assert.ok(!JSON.stringify(await house.store.audit.list()).includes('hunter2'))
})
