import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import type { Account } from './accounts.ts'
import {
  filterSettingNames,
  FilterSettings,
  filterSettingSpecs,
  readFilterSetting,
} from './filter-settings.ts'
import { FilterSettingCache } from './filter-settings-cache.ts'
import { mostRules, ruleSubject } from './filter-settings-rules.ts'
import type { AccountId } from './ids.ts'
import { eraseRemovedAccounts } from './removed-accounts.ts'
import { statement } from './statement.ts'
import type { Store } from './store.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let other: Store
let ada: Account
let bob: Account
before(async () => {
  house = await openStoreHouse()
  other = await house.another()
  ada = await house.account('ada@example.test')
  bob = await house.account('bob@example.test')
})
after(() => house.close())

/** Waits until the other process knows: it is woken, so this is short. */
async function until(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await check()) return
    await pause(50)
  }
  assert.fail('the other process never heard of it')
}

async function filterOf(store: Store, account: AccountId) {
  return (await store.filterSettings.forAccounts([account])).get(account) ?? assert.fail()
}

test('every setting has a default of its own kind, and reads what it says it takes', () => {
  for (const name of filterSettingNames) {
    const { about, values } = filterSettingSpecs[name]
    assert.ok(about !== '' && values !== '', name)
    assert.deepEqual(readFilterSetting(`${name}=\u0000`), { ok: false, reason: 'value', name })
    assert.deepEqual(readFilterSetting(`${name}=`), {
      ok: true,
      change: { name, value: undefined },
    })
  }
  assert.deepEqual(readFilterSetting('inbound.junk'), { ok: false, reason: 'form' })
  assert.deepEqual(readFilterSetting('inbound.junc=5'), { ok: false, reason: 'name' })
  assert.deepEqual(readFilterSetting('constructor=5'), { ok: false, reason: 'name' })
  const examples = [
    ['inbound.quarantine=never', true],
    ['inbound.junk=5.25', true],
    ['inbound.junk=0', false],
    ['inbound.junk=-1', false],
    ['clamd.address=unix:/run/clamav/clamd.ctl', true],
    ['clamd.address=[::1]:3310', true],
    ['clamd.address=clamd', false],
    ['rspamd.url=http://127.0.0.1:11333', true],
    ['rspamd.url=http://user:secret@127.0.0.1', false],
    ['rspamd.url=file:///etc/passwd', false],
    ['arc.sealers=lists.example.org,EXAMPLE.net', true],
    ['arc.sealers=a..b', false],
    ['quarantine.days=31', false],
    ['stages.off=links,clamd', true],
    ['stages.off=,', false],
  ] as const
  for (const [text, isRight] of examples) assert.equal(readFilterSetting(text).ok, isRight, text)
})

test('a value that this version does not understand is at its default', () => {
  const settings = new FilterSettings(new Map([['inbound.junk', 'a lot']]))
  assert.equal(settings.get('inbound.junk'), 6)
  assert.deepEqual(settings.get('arc.sealers'), [])
})

test('a change is known in every process, and what is not changed stays the same object', async () => {
  const known = await other.filterSettings.current()
  assert.equal(await other.filterSettings.current(), known)
  let woken = 0
  const stop = other.filterSettings.onChange(() => woken++)
  await house.store.filterSettings.change([{ name: 'inbound.junk', value: '7.5' }], actor)
  assert.equal((await house.store.filterSettings.current()).get('inbound.junk'), 7.5)
  await until(async () => (await other.filterSettings.current()).get('inbound.junk') === 7.5)
  assert.ok(woken > 0)
  stop()
  await house.store.filterSettings.change([{ name: 'inbound.junk', value: undefined }], actor)
  await until(async () => (await other.filterSettings.current()).get('inbound.junk') === 6)
  const [entry] = await house.store.audit.list({ object: 'filter' })
  assert.deepEqual(entry?.details, { 'inbound.junk': null })
})

test('what no wake-up told of is read again after a while', async () => {
  const eve = await house.account('eve@example.test')
  const cache = new FilterSettingCache(house.database, 0)
  assert.equal((await cache.settings()).get('spamd.weight'), 1)
  assert.deepEqual((await cache.forAccounts([eve.id])).get(eve.id)?.blocked, [])
  await house.database.execute(
    statement('test_setting', `INSERT INTO filter_setting VALUES ('spamd.weight', '3')`),
  )
  await house.database.execute(
    statement('test_rule', `INSERT INTO filter_rule VALUES ($1::uuid, 'x.test', 'block')`),
    [eve.id],
  )
  await until(async () => (await cache.settings()).get('spamd.weight') === 3)
  await until(async () => (await cache.forAccounts([eve.id])).get(eve.id)?.blocked.length === 1)
  await house.store.filterSettings.change([{ name: 'spamd.weight', value: undefined }], actor)
  await house.store.filterSettings.removeRule('block', 'x.test', eve.id, actor)
})

test('an account has its own thresholds', async () => {
  assert.deepEqual(await filterOf(other, ada.id), { allowed: [], blocked: [] })
  const changes = [
    { name: 'filter.junk', value: '3' },
    { name: 'filter.quarantine', value: 'never' },
  ] as const
  await house.store.accountSettings.change(ada.address, changes, actor)
  await until(async () => (await filterOf(other, ada.id)).junk === 3)
  assert.equal((await filterOf(other, ada.id)).quarantine, Infinity)
  assert.deepEqual(await filterOf(other, bob.id), { allowed: [], blocked: [] })
})

test('lists are everybody’s or one account’s, whose own word counts first', async () => {
  const { filterSettings } = house.store
  assert.equal(await filterSettings.addRule('block', 'Spam.Example', undefined, actor), 'done')
  assert.equal(await filterSettings.addRule('allow', 'Eve@Spam.example', ada.id, actor), 'done')
  assert.equal(await filterSettings.addRule('allow', 'spam.example', bob.id, actor), 'done')
  await until(async () => (await filterOf(other, bob.id)).allowed.length === 1)
  assert.deepEqual((await filterOf(other, bob.id)).blocked, [])
  const hers = await filterOf(other, ada.id)
  assert.deepEqual([hers.allowed, hers.blocked], [['eve@spam.example'], ['spam.example']])
  // To the other list: a sender is on one only.
  assert.equal(await filterSettings.addRule('block', 'spam.example', bob.id, actor), 'done')
  await until(async () => (await filterOf(other, bob.id)).blocked.length === 1)
  assert.deepEqual((await filterOf(other, bob.id)).allowed, [])
  const rules = await filterSettings.rules('all')
  assert.deepEqual(
    rules.map(({ rule, subject, address }) => [rule, subject, address]),
    [
      ['block', 'spam.example', undefined],
      ['allow', 'eve@spam.example', 'ada@example.test'],
      ['block', 'spam.example', 'bob@example.test'],
    ],
  )
  assert.equal((await filterSettings.rules(ada.id)).length, 1)
  assert.equal((await filterSettings.rules(undefined)).length, 1)
  const wrong = await filterSettings.removeRule('allow', 'spam.example', bob.id, actor)
  assert.equal(wrong, 'not-found')
  assert.equal(await filterSettings.removeRule('block', 'spam.example', bob.id, actor), 'done')
  await until(async () => (await filterOf(other, bob.id)).blocked.length === 1)
})

test('what is neither a domain nor an address is on no list', async () => {
  for (const text of ['', 'com', 'a b.test', '@', '192.0.2.1', '192.0.2.0/24', 'x@', '\0.test']) {
    assert.equal(ruleSubject(text), undefined, text)
    const outcome = await house.store.filterSettings.addRule('allow', text, undefined, actor)
    assert.equal(outcome, 'malformed')
  }
  assert.equal(ruleSubject('*.Bücher.example'), 'xn--bcher-kva.example')
  assert.equal(ruleSubject('@example.org'), 'example.org')
})

test('a list does not grow without end', async () => {
  const carl = await house.account('carl@example.test')
  await house.database.execute(
    statement(
      'test_many_rules',
      `INSERT INTO filter_rule (account_id, subject, rule)
      SELECT $1::uuid, 'd' || n || '.test', 'block' FROM generate_series(1, $2::int) AS n`,
    ),
    [carl.id, mostRules],
  )
  const { filterSettings } = house.store
  assert.equal(await filterSettings.addRule('allow', 'more.test', carl.id, actor), 'full')
  assert.equal(await filterSettings.addRule('allow', 'more.test', ada.id, actor), 'done')
})

test('lists of an account go with it', async () => {
  const dora = await house.account('dora@example.test')
  await house.store.filterSettings.addRule('allow', 'friend.example', dora.id, actor)
  assert.equal(await house.store.accounts.remove(dora.address, actor), 'done')
  await house.database.execute(
    statement('test_forget_mailboxes', 'DELETE FROM mailbox WHERE account_id = $1::uuid'),
    [dora.id],
  )
  await house.database.execute(
    statement('test_forget_heads', 'DELETE FROM mailbox_head WHERE account_id = $1::uuid'),
    [dora.id],
  )
  assert.ok((await eraseRemovedAccounts(house.database, 0)) > 0)
  assert.deepEqual(await house.store.filterSettings.rules(dora.id), [])
})
