import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readSettingChange, settingNames, settingSpecs } from './account-settings.ts'
import { accountSetting } from './schema-sign-in.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { drizzleOn } from './drizzle-on.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

const defaults = {
  'pop3.delete': 'expunge',
  'pop3.seen': 'no',
  'pop3.sessions': 'several',
  'pop3.uidl': 'posthouse',
  'pop3.login-delay': 0,
  'imap.without': [],
  'send.messages-per-day': 1_000,
  'send.new-recipients-per-day': 200,
  'send.sender': 'add',
  'send.verp': 'no',
  'filter.junk': undefined,
  'filter.quarantine': undefined,
}

function change(text: string) {
  const reading = readSettingChange(text)
  assert.ok(reading.ok, text)
  return reading.change
}

test('an account has the defaults until something else is set, in every process', async () => {
  const { accountSettings } = house.store
  const account = await house.account('ada@settings.test')
  assert.deepEqual(await accountSettings.of(account.id), defaults)
  const changes = [change('pop3.delete=trash'), change('pop3.login-delay=900')]
  assert.equal(await accountSettings.change('ADA@settings.test', changes, actor), 'done')
  const expected = { ...defaults, 'pop3.delete': 'trash', 'pop3.login-delay': 900 }
  const other = await house.another()
  assert.deepEqual(await other.accountSettings.of(account.id), expected)
  const again = [change('pop3.delete=hide'), change('pop3.login-delay=')]
  assert.equal(await accountSettings.change(account.address, again, actor), 'done')
  assert.deepEqual(await accountSettings.of(account.id), { ...defaults, 'pop3.delete': 'hide' })
  assert.equal(await accountSettings.change('nobody@settings.test', again, actor), 'not-found')
  const [line] = await house.store.audit.list({ object: account.address })
  assert.equal(line?.action, 'account.settings-changed')
  assert.deepEqual(line.details, { 'pop3.delete': 'hide', 'pop3.login-delay': null })
})

test('settings go with their account, and the longest delay is known', async () => {
  const { accountSettings, accounts } = house.store
  assert.equal(await accountSettings.longestLoginDelay(), 0)
  const account = await house.account('slow@settings.test')
  await accountSettings.change(account.address, [change('pop3.login-delay=60')], actor)
  assert.equal(await accountSettings.longestLoginDelay(), 60)
  await accounts.remove(account.address, actor)
  assert.equal(await accountSettings.longestLoginDelay(), 0)
})

test('a value that this version does not know is at its default', async () => {
  const account = await house.account('new@settings.test')
  await drizzleOn(house.database)
    .insert(accountSetting)
    .values([
      { accountId: account.id, name: 'pop3.delete', value: 'shred' },
      { accountId: account.id, name: 'pop4.colour', value: 'blue' },
    ])
  assert.deepEqual(await house.store.accountSettings.of(account.id), defaults)
})

test('what is written is checked: form, name, value', () => {
  const readings = ['pop3.seen', 'pop3.sean=yes', 'pop3.seen=perhaps', 'pop3.login-delay=-1']
  assert.deepEqual(readings.map(readSettingChange), [
    { ok: false, reason: 'form' },
    { ok: false, reason: 'name' },
    { ok: false, reason: 'value', name: 'pop3.seen' },
    { ok: false, reason: 'value', name: 'pop3.login-delay' },
  ])
  assert.deepEqual(settingNames.toSorted(), Object.keys(settingSpecs).toSorted())
})
