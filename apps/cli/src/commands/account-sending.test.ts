import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
before(async () => {
  house = await openCommandHouse()
  await house.account('ada@example.test')
})
after(() => house.close())

test('an account is stopped from sending, seen to be, and let go', async () => {
  const { store } = house
  const ada = await house.account('eve@example.test')
  await store.sending.leave({ account: ada.id, recipients: ['a@b.example', 'c@d.example'] })
  assert.match(await house.ok('account', 'sending'), /^$/)
  const dry = await house.run('account', 'contain', 'eve@example.test', '--dry-run')
  assert.equal(dry.code, 0)
  assert.equal(await store.sending.isContained(ada.id), false)

  await house.ok('account', 'contain', 'eve@example.test', '--because', 'a call came')
  assert.equal(await store.sending.isContained(ada.id), true)
  const list = await house.ok('account', 'sending', '-o', 'plain')
  assert.match(list, /eve@example\.test.*a call came/)
  const shown = await house.json('account', 'sending', 'eve@example.test')
  const { messages, newRecipients, mostMessages, because } = shown
  assert.deepEqual(
    { messages, newRecipients, mostMessages, because },
    { messages: 1, newRecipients: 2, mostMessages: 1000, because: 'a call came' },
  )
  const again = await house.json('account', 'contain', 'eve@example.test')
  assert.equal(again['changed'], false)

  await house.ok('account', 'release', 'eve@example.test')
  assert.equal(await store.sending.isContained(ada.id), false)
  assert.match(await house.refused(6, 'account', 'release', 'eve@example.test'), /not stopped/)
  await house.refused(5, 'account', 'release', 'nobody@example.test')
})

test('the caps are settings of the account', async () => {
  await house.ok('account', 'set', 'ada@example.test', 'send.messages-per-day=5')
  await house.ok('account', 'set', 'ada@example.test', 'send.new-recipients-per-day=unlimited')
  const shown = await house.json('account', 'sending', 'ada@example.test')
  assert.equal(shown['mostMessages'], 5)
  assert.equal(shown['mostNewRecipients'], 'unlimited')
  await house.refused(2, 'account', 'set', 'ada@example.test', 'send.messages-per-day=many')
})

test('an alias says who may write as it', async () => {
  const both = ['ada@example.test', 'x@remote.test']
  const maySend = async (name: string): Promise<unknown> =>
    (await house.store.aliases.show(`${name}@example.test`))?.maySend
  await house.ok('alias', 'add', 'one@example.test', 'ada@example.test')
  await house.ok('alias', 'add', 'two@example.test', ...both)
  await house.ok('alias', 'add', 'all@example.test', ...both, '--allow-send')
  await house.ok('alias', 'add', 'none@example.test', 'ada@example.test', '--no-allow-send')
  assert.deepEqual(await Promise.all(['one', 'two', 'all', 'none'].map(maySend)), [
    true,
    false,
    true,
    false,
  ])
  await house.ok('alias', 'set', 'two@example.test', '--allow-send')
  assert.equal(await maySend('two'), true)
  await house.refused(2, 'alias', 'set', 'two@example.test')
  await house.refused(5, 'alias', 'set', 'nobody@example.test', '--allow-send')
})
