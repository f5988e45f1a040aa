import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import type { Store } from './store.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let store: Store
let other: Store

before(async () => {
  const loginLimits = { ofLogin: 3, halfLifeSeconds: 1e9 }
  house = await openStoreHouse()
  store = await house.another({ loginLimits })
  other = await house.another({ loginLimits })
  await house.account('ada@example.test')
})
after(() => house.close())

async function outcome(address: string, password = 'analytical', by = other): Promise<string> {
  const context = { protocol: 'pop3', address } as const
  const result = await by.accounts.authenticate('ada@example.test', new Secret(password), context)
  return result.ok ? 'ok' : result.because
}

test('a ban holds in every process at once, until it is over or removed', async () => {
  assert.equal(await outcome('203.0.113.5'), 'ok')
  const ban = await store.networkRules.set('203.0.113.77/24', 'ban', { forSeconds: 3_600 }, actor)
  assert.equal(ban?.network, '203.0.113.0/24')
  assert.ok(ban.until instanceof Date && ban.madeAt instanceof Date)
  const context = { protocol: 'pop3', address: '203.0.113.5' } as const
  const login = new Secret('analytical')
  const refused = await other.accounts.authenticate('ada@example.test', login, context)
  assert.ok(!refused.ok && refused.reason === 'throttled')
  assert.equal(refused.because, 'throttled-banned')
  assert.ok(refused.retrySeconds !== undefined && refused.retrySeconds > 3_500)
  assert.equal(await outcome('203.0.114.5'), 'ok')
  assert.equal(await store.networkRules.remove('203.0.113.0/24', actor), 'done')
  assert.equal(await outcome('203.0.113.5'), 'ok')
  assert.equal(await store.networkRules.remove('203.0.113.0/24', actor), 'not-found')
  await store.networkRules.set('203.0.113.5', 'ban', { forSeconds: -1 }, actor)
  assert.equal(await outcome('203.0.113.5'), 'ok')
  assert.deepEqual(await store.networkRules.list(), [])
})

test('the narrowest rule counts, in IPv4 and IPv6', async () => {
  await store.networkRules.set('2001:db8::/32', 'ban', {}, actor)
  await store.networkRules.set('2001:db8:5::/48', 'trust', {}, actor)
  await store.networkRules.set('2001:db8:5:5::7', 'ban', {}, actor)
  assert.equal(await outcome('2001:db8:4::1'), 'throttled-banned')
  assert.equal(await outcome('2001:db8:5:5::1'), 'ok')
  assert.equal(await outcome('2001:db8:5:5::7'), 'throttled-banned')
  assert.deepEqual(
    (await other.networkRules.list()).map(({ network, rule }) => `${rule} ${network}`),
    ['ban 2001:db8::/32', 'trust 2001:db8:5::/48', 'ban 2001:db8:5:5::7'],
  )
  const report = await store.networkRules.why('2001:db8:5:5::7')
  assert.equal(report?.verdict, 'banned')
  assert.equal(report?.rule?.network, '2001:db8:5:5::7')
  assert.equal((await store.networkRules.why('2001:db8:5::1'))?.verdict, 'trusted')
})

test('from a trusted network nothing is counted', async () => {
  await store.networkRules.set('192.0.2.0/28', 'trust', {}, actor)
  for (let i = 0; i < 8; i++) assert.equal(await outcome('192.0.2.3', `wrong ${i}`), 'password')
  assert.equal(await outcome('192.0.2.3'), 'ok')
  assert.deepEqual((await store.networkRules.why('192.0.2.3'))?.failures, [])
  await store.networkRules.set('192.0.2.0/28', 'ban', {}, actor)
  assert.equal(await outcome('192.0.2.3'), 'throttled-banned')
})

test('why tells the rule, the failures and who is known; remove forgets them', async () => {
  for (let i = 0; i < 3; i++) await outcome('198.51.100.9', `wrong ${i}`, store)
  assert.equal(await outcome('198.51.100.9'), 'throttled-login')
  const held = await other.networkRules.held()
  assert.deepEqual(
    held.map(({ network, login, failures, limit }) => ({ network, login, failures, limit })),
    [{ network: '198.51.100.9', login: 'ada@example.test', failures: 3, limit: 3 }],
  )
  const report = await other.networkRules.why('198.51.100.9')
  assert.equal(report?.verdict, 'held')
  assert.deepEqual(
    report.failures.map(({ network, login }) => `${network} ${login ?? '*'}`),
    ['198.51.100.0/24 *', '198.51.100.9 ada@example.test'],
  )
  assert.deepEqual(report.knownAccounts, [])
  assert.equal(await store.networkRules.remove('198.51.100.9', actor), 'done')
  assert.equal(await outcome('198.51.100.9'), 'ok')
  for (let i = 0; i < 1_500; i++) {
    const { knownAccounts = [] } = (await store.networkRules.why('198.51.100.9')) ?? {}
    if (knownAccounts.length > 0) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const known = await store.networkRules.why('::ffff:198.51.100.9')
  assert.deepEqual(known?.knownAccounts, ['ada@example.test'])
  assert.equal(known.verdict, 'open')
})

test('what is no network is refused, and every change leaves a line', async () => {
  assert.equal(await store.networkRules.set('everywhere', 'ban', {}, actor), undefined)
  assert.equal(await store.networkRules.remove('everywhere', actor), 'malformed')
  assert.equal(await store.networkRules.why('everywhere'), undefined)
  assert.equal(await store.networkRules.why('192.0.2.0/24'), undefined)
  const lines = await store.audit.list({ object: '203.0.113.0/24' })
  assert.deepEqual(
    lines.map(({ action }) => action),
    ['network.cleared', 'network.banned'],
  )
})
