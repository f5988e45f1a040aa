import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
before(async () => {
  house = await openCommandHouse({ POSTHOUSE_HOSTNAME: 'mail.example.test' })
  await house.account('ada@example.test')
  await house.account('bob@example.test')
})
after(() => house.close())

const audited = async (object: string): Promise<readonly string[]> =>
  (await house.store.audit.list({ object })).map(({ action }) => action).toReversed()

test('a domain becomes the alias of another, is listed, shown and taken back, each time with the next step', async () => {
  await house.ok('domain', 'alias', 'add', 'alias.test', 'example.test', '--dry-run')
  assert.equal(await house.store.domains.show('alias.test'), undefined)
  const added = await house.run('domain', 'alias', 'add', 'Alias.test', 'example.test')
  assert.equal(added.code, 0, added.stderr)
  assert.match(added.stderr, /Every address of example\.test is one of Alias\.test, too/)
  assert.match(added.stderr, /posthouse dns records/)
  const shown = await house.json('domain', 'show', 'alias.test')
  assert.equal(shown['aliasOf'], 'example.test')
  assert.equal((shown['dkim'] as unknown[]).length, 2, 'it signs with keys of its own')
  const of = await house.json('domain', 'show', 'example.test')
  assert.deepEqual([of['aliasOf'], of['domainAliases']], [null, ['alias.test']])
  assert.match(await house.ok('domain', 'list'), /alias\.test +yes +0 +0 +example\.test/)
  assert.match(await house.ok('domain', 'alias', 'list', 'example.test'), /^.*\nalias\.test/)
  assert.match(await house.ok('dns', 'records', 'alias.test', '--offline'), /alias\.test\. .*MX/)
  assert.match(
    await house.refused(2, 'domain', 'alias', 'remove', 'alias.test', 'example.test'),
    /--yes/,
  )
  const removed = await house.run('domain', 'alias', 'rm', 'alias.test', 'example.test', '-y')
  assert.match(removed.stderr, /550 5\.1\.1[^]*posthouse domain remove alias\.test/)
  await house.refused(5, 'domain', 'alias', 'remove', 'alias.test', 'example.test', '-y')
  await house.ok('domain', 'remove', 'alias.test', '--confirm', 'alias.test')
  assert.deepEqual(
    (await audited('alias.test')).filter((action) => action.startsWith('domain.')),
    ['domain.alias-added', 'domain.alias-removed', 'domain.removed'],
  )
})

test('what cannot be an alias of a domain is refused in words, also in a dry run', async () => {
  await house.account('zoe@full.test')
  await house.ok('domain', 'alias', 'add', 'a.test', 'example.test')
  const refused = (code: number, name: string, of: string) =>
    house.refused(code, 'domain', 'alias', 'add', name, of, '--dry-run')
  assert.match(await refused(2, 'a b', 'example.test'), /not a domain name/)
  assert.match(await refused(2, 'example.test', 'example.test'), /alias of itself/)
  assert.match(await refused(5, 'b.test', 'nowhere.test'), /domain add nowhere\.test/)
  assert.match(await refused(6, 'a.test', 'example.test'), /already/)
  assert.match(await refused(6, 'a.test', 'full.test'), /is an alias of example\.test/)
  assert.match(await refused(6, 'b.test', 'a.test'), /a\.test is an alias itself/)
  assert.match(await refused(6, 'example.test', 'full.test'), /a\.test has the addresses of/)
  assert.match(await refused(6, 'full.test', 'example.test'), /the alias comes first/)
  await house.ok('alias', 'add', 'round@full.test', 'round@b.test')
  assert.match(await refused(6, 'b.test', 'full.test'), /themselves alone: round@full\.test/)
  assert.match(await house.refused(6, 'account', 'add', 'x@a.test', '--generate'), /is an alias of/)
  assert.match(
    await house.refused(6, 'alias', 'add', 'x@a.test', 'ada@example.test'),
    /is an alias of/,
  )
  assert.match(
    await house.refused(6, 'domain', 'remove', 'example.test', '--confirm', 'example.test'),
    /2 accounts/,
  )
  await house.ok('domain', 'add', 'empty.test')
  await house.ok('domain', 'alias', 'add', 'of-empty.test', 'empty.test')
  assert.match(
    await house.refused(6, 'domain', 'remove', 'empty.test', '--confirm', 'empty.test'),
    /of-empty\.test has the addresses[^]*domain alias remove of-empty\.test empty\.test/,
  )
  assert.match(await house.refused(6, 'quota', 'set', 'a.test', '1G'), /alias of example\.test/)
  assert.match(
    await house.refused(6, 'domain', 'set', 'a.test', 'catchall=x@a.test'),
    /is an alias/,
  )
})

test('an address of last resort is set, shown, told of and taken away', async () => {
  const set = (...settings: readonly string[]) =>
    house.run('domain', 'set', 'full.test', ...settings)
  assert.match((await set('catchall=nobody@full.test')).stderr, /Nobody here has/)
  assert.match((await set('catchall')).stderr, /NAME=VALUE/)
  assert.match((await set('colour=red')).stderr, /catchall, catchall-send/)
  assert.match((await set('catchall-send=maybe')).stderr, /neither yes nor no/)
  await house.ok('domain', 'set', 'full.test', 'catchall=zoe@full.test', '--dry-run')
  assert.equal((await house.store.domains.show('full.test'))?.catchAll, undefined)
  const done = await set('catchall=Zoe@full.test', 'catchall-send=no')
  assert.match(done.stdout, /catchall +Zoe@full\.test[^]*catchall-send +no/)
  assert.match(done.stderr, /posthouse alias resolve anybody@full\.test/)
  const shown = await house.json('domain', 'show', 'full.test')
  assert.deepEqual([shown['catchall'], shown['catchallSend']], ['Zoe@full.test', false])
  await house.ok('alias', 'add', 'old@full.test', 'ada@example.test')
  const gone = await house.run('alias', 'remove', 'old@full.test', '--yes')
  assert.match(gone.stderr, /Mail for old@full\.test now goes to Zoe@full\.test/)
  await house.account('leaver@full.test')
  const left = await house.run('account', 'rm', 'leaver@full.test', '--confirm', 'leaver@full.test')
  assert.match(left.stderr, /until then mail for it is refused[^]*After that it goes to Zoe@full/)
  await house.ok('domain', 'set', 'full.test', 'catchall=', 'catchall-send=')
  assert.equal((await house.store.domains.show('full.test'))?.catchAll, undefined)
  await house.ok('domain', 'add', 'new.test', '--catchall', 'zoe@full.test')
  assert.equal((await house.json('domain', 'show', 'new.test'))['catchall'], 'zoe@full.test')
  await house.refused(5, 'domain', 'add', 'newer.test', '--catchall', 'nobody@full.test')
  assert.deepEqual((await audited('full.test')).slice(1), ['domain.changed', 'domain.changed'])
})

test('a rehearsal of a domain refuses what the change would refuse, and changes nothing', async () => {
  const refused = (code: number, ...words: string[]) =>
    house.refused(code, 'domain', ...words, '--dry-run')
  await refused(2, 'add', 'no domain')
  await refused(6, 'add', 'example.test')
  assert.match(await refused(5, 'add', 'fresh.test', '--catchall', 'no@example.test'), /no@example/)
  assert.match(await refused(5, 'set', 'example.test', 'catchall=no@example.test'), /no@example/)
  await house.ok('domain', 'add', 'fresh.test', '--catchall', 'ada@example.test', '--dry-run')
  assert.equal(await house.store.domains.show('fresh.test'), undefined)
  await house.ok('domain', 'set', 'example.test', 'catchall=ada@example.test', '--dry-run')
  assert.equal((await house.store.domains.show('example.test'))?.catchAll, undefined)
  assert.deepEqual(await audited('fresh.test'), [])
})

test('a rehearsal of an account refuses what the change would refuse, and changes nothing', async () => {
  const refused = (code: number, address: string) =>
    house.refused(code, 'account', 'add', address, '--generate', '--dry-run')
  assert.match(await refused(5, 'kim@nowhere.test'), /domain add nowhere\.test/)
  assert.match(await refused(6, 'ada@example.test'), /taken|exists|already|has/)
  await refused(2, 'no address')
  await house.ok('account', 'add', 'kim@example.test', '--generate', '--dry-run')
  assert.equal(await house.store.accounts.show('kim@example.test'), undefined)
  assert.deepEqual(await audited('kim@example.test'), [])
})

test('a domain is disabled, which is asked for, and enabled', async () => {
  assert.match(await house.refused(2, 'domain', 'disable', 'full.test'), /1 accounts[^]*--yes/)
  const off = await house.run('domain', 'disable', 'full.test', '--yes')
  assert.match(off.stderr, /550 5\.2\.1[^]*posthouse domain enable full\.test/)
  assert.match(await house.ok('domain', 'list'), /full\.test +no/)
  assert.match(await house.ok('account', 'list', '--domain', 'full.test'), /zoe@full\.test +no/)
  const account = await house.run('account', 'enable', 'zoe@full.test')
  assert.match(account.stderr, /posthouse domain enable full\.test/)
  await house.ok('domain', 'enable', 'full.test')
  await house.refused(5, 'domain', 'enable', 'nowhere.test')
})

test('an account is disabled and keeps receiving', async () => {
  const off = await house.json('account', 'disable', 'bob@example.test', '--keep-receiving')
  assert.deepEqual([off['enabled'], off['receives']], [false, true])
  const resolved = await house.json('alias', 'resolve', 'bob@example.test')
  assert.equal(resolved['outcome'], 'local')
  await house.ok('account', 'disable', 'bob@example.test')
  assert.equal((await house.run('alias', 'resolve', 'bob@example.test')).code, 3)
  await house.ok('account', 'enable', 'bob@example.test')
})

test('an account gets another address, is asked for first, and what led to it leads to it still', async () => {
  await house.account('eva@example.test')
  await house.ok('alias', 'add', 'fans@example.test', 'eva@example.test')
  const rename = (...args: readonly string[]) => house.run('account', 'rename', ...args)
  assert.match((await rename('eva@example.test', 'bob@example.test', '-y')).stderr, /taken already/)
  assert.match((await rename('eva@example.test', 'eva@nowhere.test', '-y')).stderr, /domain add/)
  assert.match((await rename('eva@example.test', 'eve@example.test')).stderr, /--yes/)
  await house.ok('account', 'rename', 'eva@example.test', 'eve@example.test', '--dry-run')
  assert.ok(await house.store.accounts.show('eva@example.test'))
  const done = await rename('eva@example.test', 'eve@example.test', '--keep-alias', '--yes')
  assert.match(
    done.stderr,
    /is eve@example\.test now[^]*Mail for eva@example\.test still comes to it/,
  )
  const shown = await house.json('alias', 'show', 'fans@example.test')
  assert.deepEqual(shown['targets'], ['eve@example.test'])
  const again = await rename('eve@example.test', 'eva2@example.test', '--yes')
  assert.match(again.stderr, /Mail for eve@example\.test is refused/)
  assert.match(await house.refused(5, 'alias', 'show', 'nobody@example.test'), /no alias/)
})

test('alias resolve tells the way hop by hop, and where it ends', async () => {
  await house.ok('domain', 'alias', 'add', 'alias.test', 'full.test')
  await house.ok('domain', 'set', 'full.test', 'catchall=zoe@full.test')
  await house.ok('forward', 'set', 'zoe@full.test', 'x@far.example', '--keep-copy')
  const told = await house.run('alias', 'resolve', 'any+thing@alias.test')
  assert.equal(told.code, 0)
  assert.deepEqual(told.stdout.trimEnd().split('\n'), [
    'any+thing@alias.test   its domain is an alias of full.test, tag thing',
    '  any+thing@full.test  nobody has it: to the address of last resort, tag thing',
    '    zoe@full.test      mailbox',
    '      x@far.example    not ours',
  ])
  assert.match(told.stderr, /is kept by zoe@full\.test and goes on to x@far\.example/)
  const json = await house.json('alias', 'resolve', 'any@alias.test')
  assert.deepEqual(
    [json['kind'], json['outcome'], json['catchall'], json['mailboxes'], json['remote']],
    ['Resolution', 'alias', true, ['zoe@full.test'], ['x@far.example']],
  )
  assert.match(
    await house.refused(5, 'account', 'disable', 'zoe@alias.test'),
    /zoe@alias\.test: it is an address of zoe@full\.test/,
  )
  const foreign = await house.run('alias', 'resolve', 'x@far.example')
  assert.equal(foreign.code, 3)
  assert.match(foreign.stderr, /550 5\.7\.1/)
})

test('a ring of aliases is not made; one that came to be is drawn', async () => {
  await house.ok('alias', 'add', 'a@example.test', 'b@example.test')
  const refused = await house.refused(6, 'alias', 'add', 'b@example.test', 'a@example.test')
  assert.match(refused, /b@example\.test → a@example\.test → b@example\.test/)
  await house.ok('alias', 'add', 'b@example.test', 'a@ring.test')
  await house.ok('domain', 'alias', 'add', 'ring.test', 'example.test')
  const told = await house.run('alias', 'resolve', 'a@example.test')
  assert.equal(told.code, 3)
  assert.match(
    told.stdout,
    /In a circle: a@example\.test → b@example\.test → a@ring\.test → a@example\.test/,
  )
  assert.match(told.stderr, /554 5\.4\.6/)
})
