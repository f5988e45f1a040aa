import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
  await house.store.domains.create('new.test', actor)
  await house.store.domains.create('example.test', actor)
  assert.ok((await house.store.domains.addAlias('alias.test', 'example.test', actor)).ok)
})
after(() => house.close())

const rename = (from: string, to: string, keepsAlias = false) =>
  house.store.accounts.rename(from, to, actor, { keepsAlias })

const signIn = (login: string) =>
  house.store.accounts.authenticate(login, new Secret('analytical'), {
    protocol: 'imap',
    address: '192.0.2.1',
  })

/** Accounts and remote addresses that an address leads to. */
async function ends(address: string): Promise<string> {
  const found = await house.store.resolve(address)
  if (found.kind === 'local') return `${found.account.address} ${found.account.detail}`.trim()
  if (found.kind !== 'alias') return found.kind
  return found.accounts.map((one) => `${one.address} ${one.detail}`.trim()).join(', ')
}

test('a renamed account keeps its mail under its UIDs, its settings, its password and its rights', async () => {
  const { store } = house
  const { id } = await house.account('ada@example.test')
  const inbox = await store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const octets = Buffer.from('Subject: x\r\n\r\n')
  const request = { octets, facts: computeFacts(octets), flags: [], receivedAt: new Date() }
  const appended = await store.append(id, inbox.id, request)
  assert.ok(appended.ok)
  await store.aliases.create(
    'team@example.test',
    ['bob@example.test', 'Ada+x@example.test'],
    actor,
    {
      maySend: true,
    },
  )
  await store.aliases.create('old@example.test', ['ADA@alias.test'], actor)
  await house.account('bob@example.test')
  await store.forwards.set(
    'bob@example.test',
    { targets: ['ada@example.test'], keepsCopy: true },
    actor,
  )
  await store.domains.change('new.test', { catchAll: { address: 'ada+all@example.test' } }, actor)
  const session = await signIn('ada@example.test')
  assert.ok(session.ok)

  assert.equal(await rename('ADA@example.test', 'Lovelace@new.test'), 'done')
  const shown = await store.accounts.show('lovelace@new.test')
  assert.deepEqual([shown?.id, shown?.address], [id, 'Lovelace@new.test'])
  assert.deepEqual(await store.accounts.lapsed([session.grant]), [session.grant])
  assert.ok((await signIn('lovelace@new.test')).ok)
  assert.ok(!(await signIn('ada@example.test')).ok)
  assert.deepEqual(await store.mailboxes(id).find('INBOX'), inbox)
  assert.equal(await ends('ada@example.test'), 'unknown')
  assert.equal(await ends('team@example.test'), 'bob@example.test, Lovelace@new.test x')
  assert.equal(await ends('old@alias.test'), 'Lovelace@new.test')
  assert.equal(await ends('anybody@new.test'), 'Lovelace@new.test all')
  const forwarded = await store.forwards.show('bob@example.test')
  assert.deepEqual(forwarded?.targets, [{ address: 'Lovelace@new.test' }])
  assert.equal(await store.sending.mayWriteAs(id, ['lovelace@new.test', 'team@example.test']), true)
  assert.equal(await store.sending.mayWriteAs(id, ['ada@example.test']), false)
  const [told] = await store.audit.list({ object: 'ada@example.test' })
  assert.deepEqual([told?.action, told?.details['to']], ['account.renamed', 'Lovelace@new.test'])
})

test('the old address may stay as an alias, which the account writes as', async () => {
  const { id } = await house.account('grace@example.test')
  assert.equal(await rename('grace@example.test', 'hopper@example.test', true), 'done')
  assert.equal(await ends('Grace+x@example.test'), 'hopper@example.test')
  assert.equal(await house.store.sending.mayWriteAs(id, ['grace@example.test']), true)
  assert.equal(await rename('hopper@example.test', 'Hopper@example.test', true), 'done')
  assert.equal(
    (await house.store.accounts.show('hopper@example.test'))?.address,
    'Hopper@example.test',
  )
  assert.equal(await ends('grace@example.test'), 'Hopper@example.test')
})

test('a tag that is an address of its own stays what it was', async () => {
  await house.account('tim@example.test')
  await house.account('tim+work@example.test')
  await house.store.aliases.create(
    'to-tim@example.test',
    ['tim+work@example.test', 'tim+x@example.test'],
    actor,
  )
  assert.equal(await rename('tim@example.test', 'tom@example.test'), 'done')
  assert.equal(await ends('to-tim@example.test'), 'tim+work@example.test, tom@example.test x')
})

test('what cannot be is refused, and nothing is changed', async () => {
  await house.account('kim@example.test')
  await house.store.aliases.create('taken@example.test', ['bob@example.test'], actor)
  assert.equal(await rename('nobody@example.test', 'x@example.test'), 'not-found')
  assert.equal(await rename('taken@example.test', 'x@example.test'), 'not-found')
  assert.equal(await rename('kim@example.test', 'no address'), 'malformed')
  assert.equal(await rename('kim@example.test', 'kim@example.test'), 'exists')
  assert.equal(await rename('kim@example.test', 'BOB@example.test'), 'exists')
  assert.equal(await rename('kim@example.test', 'taken@example.test', true), 'exists')
  assert.equal(await rename('kim@example.test', 'kim@nowhere.test'), 'unknown-domain')
  assert.equal(await rename('kim@example.test', 'kim@alias.test'), 'domain-alias')
  const rehearsed = { isRehearsal: true, keepsAlias: true }
  const { accounts } = house.store
  assert.equal(
    await accounts.rename('kim@example.test', 'kay@example.test', actor, rehearsed),
    'done',
  )
  assert.equal(await ends('kay@example.test'), 'unknown')
  assert.equal(await ends('kim@example.test'), 'kim@example.test')
})

test('of two that give it another address at the same time, one does', async () => {
  const { id } = await house.account('race@example.test')
  const other = await house.another()
  const outcomes = await Promise.all([
    rename('race@example.test', 'left@example.test', true),
    other.accounts.rename('race@example.test', 'right@example.test', actor, { keepsAlias: true }),
  ])
  assert.deepEqual(outcomes.toSorted(), ['done', 'not-found'])
  const name = outcomes[0] === 'done' ? 'left@example.test' : 'right@example.test'
  assert.equal((await house.store.accounts.show(name))?.id, id)
  assert.equal(await ends('race@example.test'), name)
})
