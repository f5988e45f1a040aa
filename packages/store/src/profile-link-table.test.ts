import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { formatToken, newTokenSecret } from './app-password-token.ts'
import { statement } from './statement.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

const ada = 'ada@example.test'
let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
  await house.account(ada)
  await house.account('bob@example.test')
})
after(() => house.close())

async function link(account = ada): Promise<string> {
  const made = await house.store.profileLinks.create({ account, name: ' Phone ' }, actor)
  assert.ok(made.ok)
  return made.token.reveal()
}

test('a link tells what it is for as often as it is asked, and gives one password', async () => {
  const { profileLinks, accounts, appPasswords } = house.store
  const token = await link()
  const earlier = await appPasswords.list(ada)
  for (let i = 0; i < 3; i += 1) {
    const found = await profileLinks.find(token)
    assert.equal(found?.account, ada)
    assert.equal(found?.name, 'Phone')
  }
  assert.deepEqual(await appPasswords.list(ada), earlier, 'looking makes no password')
  const redeemed = await profileLinks.redeem(token, actor)
  assert.ok(redeemed.ok)
  const context = { protocol: 'imap', address: '192.0.2.1' } as const
  assert.ok((await accounts.authenticate(ada, redeemed.secret, context)).ok)
  assert.equal(redeemed.appPassword.name, 'Phone')
  assert.deepEqual(await profileLinks.redeem(token, actor), { ok: false, reason: 'gone' })
  assert.equal(await profileLinks.find(token), undefined)
  const actions = (await house.store.audit.list({ object: ada })).map(({ action }) => action)
  assert.deepEqual(actions.slice(0, 2), ['app-password.created', 'profile-link.created'])
})

test('of two who use a link at the same moment one gets a password', async () => {
  const other = await house.another()
  for (let i = 0; i < 5; i += 1) {
    const token = await link()
    const outcomes = await Promise.all(
      [house.store, other, house.store, other].map((store) =>
        store.profileLinks.redeem(token, actor),
      ),
    )
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
  }
})

test('a link that is over, that nobody made, or whose account is switched off is gone', async () => {
  const { profileLinks, accounts } = house.store
  const gone = async (token: string) => {
    assert.equal(await profileLinks.find(token), undefined)
    assert.deepEqual(await profileLinks.redeem(token, actor), { ok: false, reason: 'gone' })
  }
  for (const text of ['', 'x', 'a'.repeat(10_000), "'; --", formatToken(newTokenSecret())])
    await gone(text)
  const late = await link()
  await house.database.execute(
    statement('test_profile_link_ends', 'UPDATE profile_link SET expires_at = now()'),
  )
  await gone(late)
  const bob = 'bob@example.test'
  const token = await link(bob)
  await accounts.setEnabled(bob, false, actor)
  await gone(token)
  await accounts.setEnabled(bob, true, actor)
  await house.store.domains.setEnabled('example.test', false, actor)
  await gone(token)
  await house.store.domains.setEnabled('example.test', true, actor)
  assert.equal((await profileLinks.find(token))?.account, bob)
})

test('where no more passwords can be made the link stays as good as it was', async () => {
  const { profileLinks, appPasswords, accounts } = house.store
  const carol = 'carol@example.test'
  await accounts.create({ address: carol, password: new Secret('analytical') }, actor)
  const token = await link(carol)
  for (let i = 0; i < 100; i += 1)
    await appPasswords.create({ account: carol, name: `${i}` }, actor)
  assert.deepEqual(await profileLinks.redeem(token, actor), { ok: false, reason: 'too-many' })
  const [first] = (await appPasswords.list(carol)) ?? []
  await appPasswords.revoke(carol, first?.id ?? '', actor)
  assert.ok((await profileLinks.redeem(token, actor)).ok)
})

test('nothing that the database keeps opens anything', async () => {
  const token = await link()
  const rows = await house.database.query(
    statement<{ readonly text: string }>(
      'test_profile_links',
      `SELECT string_agg(l::text, ' ') || (SELECT string_agg(a::text, ' ') FROM audit a) AS text FROM profile_link l`,
    ),
  )
  assert.ok(rows[0]?.text.includes(token.slice(0, 9)) === false)
})

test('a request for a password that cannot be is refused when the link is made', async () => {
  const { profileLinks } = house.store
  const reasonOf = async (more: object) => {
    const made = await profileLinks.create({ account: ada, name: 'Phone', ...more }, actor)
    return made.ok ? 'ok' : made.reason
  }
  assert.equal(await reasonOf({ account: 'nobody@example.test' }), 'not-found')
  assert.equal(await reasonOf({ name: ' ' }), 'name')
  assert.equal(await reasonOf({ protocols: [] }), 'protocols')
  assert.equal(await reasonOf({ expiresAt: new Date(0) }), 'expired')
})
