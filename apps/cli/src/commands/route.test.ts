import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let dns: DnsServer
let house: CommandHouse

before(async () => {
  dns = await startDnsServer(
    new Zone(`
      there.test      MX   10 mx1.there.test
      there.test      MX   20 mx2.there.test
      mx1.there.test  A    192.0.3.1
      mx2.there.test  A    192.0.3.2
      null.test       MX   0 .
      inside.test     MX   10 mx.inside.test
      mx.inside.test  A    10.0.0.1
      relay.test      A    10.0.0.2
    `),
  )
  house = await openCommandHouse({ POSTHOUSE_RESOLVERS: dns.address })
  await house.account('ada@example.test')
})
after(async () => {
  await house.close()
  await dns.close()
})

test('a route test says where mail goes, over which addresses, and how it is protected', async () => {
  const { code, stdout, stderr } = await house.run('route', 'test', 'bob@there.test')
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^To the hosts that there\.test names: mx1\.there\.test, mx2\.there\.test\./)
  assert.match(stdout, /1 +mx1\.there\.test +192\.0\.3\.1 +25 +TLS if it is offered/)
  const shown = await house.json('route', 'test', 'bob@there.test')
  assert.equal(shown['way'], 'hops')
  assert.equal(shown['relay'], null)
})

test('a route test says why mail comes back, waits, or stays in the house', async () => {
  const none = await house.run('route', 'test', 'bob@null.test')
  assert.equal(none.code, 3)
  assert.match(none.stderr, /^Mail comes back: The domain says of itself that it takes no mail/)
  const inside = await house.run('route', 'test', 'bob@inside.test')
  assert.equal(inside.code, 3)
  assert.match(inside.stderr, /only at private addresses/)
  const ours = await house.run('route', 'test', 'ada@example.test')
  assert.equal(ours.code, 0)
  assert.match(ours.stderr, /delivered in the house/)
  assert.match(await house.refused(2, 'route', 'test', 'nobody'), /is no address/)
})

test('a relay is added, shown, tested, and removed; its password is in no output', async () => {
  const file = await house.file('relay-auth', 'us@relay.test\nsehr-geheim\n')
  const added = await house.run('route', 'add', '*', '--via', 'relay.test', '--auth-file', file)
  assert.equal(added.code, 0, added.stderr)
  assert.match(added.stderr, /Mail to \* goes through relay\.test, port 587\./)
  assert.match(added.stderr, /always, with a valid certificate/)
  await house.ok('route', 'add', 'there.test', '--via', 'relay.test:25', '--after', '3')
  const list = await house.run('route', 'list', '--json')
  assert.doesNotMatch(added.stdout + added.stderr + list.stdout, /geheim/)
  const first = await house.json(
    'route',
    'test',
    'bob@elsewhere.test',
    '--from',
    'ada@example.test',
  )
  assert.equal(first['relay'], '*')
  assert.deepEqual((first['hops'] as Record<string, unknown>[])[0], {
    host: 'relay.test',
    address: '10.0.0.2',
    port: 587,
    protection: 'TLS, valid certificate',
    source: (first['hops'] as Record<string, unknown>[])[0]?.['source'],
    dnssec: 'no',
  })
  const later = await house.run('route', 'test', 'bob@there.test', '--after', '3')
  assert.match(later.stderr, /by the rule "there\.test, after 3 failures"/)
  assert.match(await house.refused(6, 'route', 'add', '*', '--via', 'relay.test'), /just that/)
  await house.ok('route', 'remove', '*')
  await house.ok('route', 'remove', 'there.test', '--after', '3')
  await house.refused(5, 'route', 'remove', '*')
  assert.deepEqual(await house.store.relays.list(), [])
  const actions = (await house.store.audit.list({ object: '*' })).map(({ action }) => action)
  assert.deepEqual(actions, ['relay.removed', 'relay.added'])
})

test('what would tell a password to anybody, or cannot be, is refused before anything is kept', async () => {
  const file = await house.file('risky-auth', 'us\ngeheim\n')
  const add = (...more: readonly string[]) =>
    house.refused(2, 'route', 'add', 'x.test', '--via', 'relay.test', ...more)
  assert.match(await add('--auth-file', file, '--tls', 'required'), /could be told to anybody/)
  assert.match(await add('--auth-file', file, '--tls', 'none', '--auth-unverified'), /anybody/)
  assert.match(await add('--tls', 'sometimes'), /There is no --tls sometimes/)
  assert.match(await add('--auth-file', await house.file('empty', '\n')), /no user and password/)
  assert.match(await add('--after', 'often'), /is no number/)
  await house.refused(2, 'route', 'add', 'a b', '--via', 'relay.test')
  await house.refused(2, 'route', 'add', 'x.test', '--via', 'relay.test:99999')
  await house.ok('route', 'add', 'x.test', '--via', 'relay.test', '--dry-run')
  assert.deepEqual(await house.store.relays.list(), [])
})
