import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret } from '@posthouse/config'
import type { Trail } from './address-trail.ts'
import type { Account, Authentication } from './accounts.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let ada: Account

before(async () => {
  house = await openStoreHouse()
  ada = await house.account('Ada@main.test')
  await house.account('bob@main.test')
})
after(() => house.close())

const ok = { ok: true }

async function alias(address: string, ...targets: string[]): Promise<void> {
  assert.deepEqual(await house.store.aliases.create(address, targets, actor), ok)
}

async function domainAlias(name: string, of: string): Promise<void> {
  assert.deepEqual(await house.store.domains.addAlias(name, of, actor), ok)
}

async function catchAll(name: string, address: string | undefined): Promise<void> {
  assert.equal(await house.store.domains.change(name, { catchAll: { address } }, actor), 'done')
}

const aliasReason = async (name: string, of: string): Promise<string> => {
  const made = await house.store.domains.addAlias(name, of, actor)
  return made.ok ? 'made' : made.reason
}

/** A resolution in one line. */
async function resolve(address: string): Promise<string> {
  const found = await house.store.resolve(address)
  if (found.kind === 'local') {
    const { forward } = found
    const more =
      forward === undefined ? '' : ` > ${forward.remote.map((one) => one.address).join()}`
    return `local ${found.account.address} ${found.account.detail}`.trim() + more
  }
  if (found.kind !== 'alias') return found.kind
  const accounts = found.accounts.map((one) => `${one.address} ${one.detail}`.trim())
  const how = found.isCatchAll === true ? 'catch-all' : 'alias'
  return `${how} ${[...accounts, ...found.remote.map((one) => one.address)].toSorted().join(', ')}`
}

/** The way of an address, a line per step. */
const lines = async (address: string): Promise<readonly string[]> =>
  written(await house.store.trail(address))

/** A trail, a line per step. */
function written({ steps }: Trail): readonly string[] {
  return steps.map(({ depth, address, by, kind, account, tag, ...marks }) => {
    const more = [account, tag === undefined ? undefined : `+${tag}`, ...Object.keys(marks)]
    const words = [by, address, 'is', kind, ...more.filter((one) => one !== undefined)]
    return '  '.repeat(depth) + words.join(' ')
  })
}

const may = (account: Account, ...addresses: readonly string[]): Promise<boolean> =>
  house.store.sending.mayWriteAs(account.id, addresses)

const signIn = (login: string, password = 'analytical'): Promise<Authentication> =>
  house.store.accounts.authenticate(login, new Secret(password), {
    protocol: 'imap',
    address: '192.0.2.1',
  })

describe('an alias of a domain', () => {
  before(async () => {
    await domainAlias('Alias.test', 'main.test')
    await alias('team@main.test', 'ada@main.test', 'x@remote.test')
  })

  it('has every address of it: accounts, tags, aliases, forwards, postmaster', async () => {
    assert.equal(await resolve('ADA@alias.test'), 'local Ada@main.test')
    assert.equal(await resolve('ada+Lists@alias.test'), 'local Ada@main.test Lists')
    assert.equal(await resolve('team@alias.test'), 'alias Ada@main.test, x@remote.test')
    await house.account('ada+own@main.test')
    assert.equal(await resolve('ada+own@alias.test'), 'local ada+own@main.test')
    assert.equal(await resolve('nobody@alias.test'), 'unknown')
    assert.equal(await resolve('postmaster@alias.test'), 'local Ada@main.test')
    const forward = { targets: ['far@remote.test'], keepsCopy: false }
    await house.account('fay@main.test')
    assert.deepEqual(await house.store.forwards.set('fay@main.test', forward, actor), ok)
    assert.equal(await resolve('fay@alias.test'), 'local fay@main.test > far@remote.test')
    assert.equal(await resolve('team+x@alias.test'), 'alias Ada@main.test, x@remote.test')
  })

  it('has none of its own, whoever comes first', async () => {
    const { accounts, aliases, domains } = house.store
    const made = await accounts.create({ address: 'own@alias.test' }, actor)
    assert.ok(!made.ok && made.reason === 'domain-alias')
    const lead = await aliases.create('own@alias.test', ['ada@main.test'], actor)
    assert.ok(!lead.ok && lead.reason === 'domain-alias')
    assert.equal(await domains.change('alias.test', { catchAllMaySend: true }, actor), 'alias')
    const other = await house.another()
    for (let round = 0; round < 10; round++) {
      const name = `race${round}.test`
      await domains.create(name, actor)
      const [became, got] = await Promise.all([
        other.domains.addAlias(name, 'main.test', actor),
        accounts.create({ address: `own@${name}` }, actor),
      ])
      assert.notEqual(became.ok, got.ok, name)
      assert.equal(await resolve(`own@${name}`), became.ok ? 'unknown' : `local own@${name}`)
    }
  })

  it('is refused where it would be one of itself, of an alias, of nothing, or shadow addresses', async () => {
    assert.equal(await aliasReason('main.test', 'MAIN.test'), 'self')
    assert.equal(await aliasReason('no domain', 'main.test'), 'malformed')
    assert.equal(await aliasReason('new.test', 'nowhere.test'), 'unknown-domain')
    assert.equal(await house.store.domains.show('new.test'), undefined)
    assert.equal(await aliasReason('alias.test', 'main.test'), 'exists')
    await house.account('zoe@full.test')
    assert.equal(await aliasReason('full.test', 'main.test'), 'not-empty')
    assert.equal(await aliasReason('alias.test', 'full.test'), 'taken')
    assert.equal(await aliasReason('new.test', 'alias.test'), 'chained')
    assert.equal(await aliasReason('main.test', 'full.test'), 'chained')
    await house.store.domains.create('last.test', actor)
    await catchAll('last.test', 'ada@main.test')
    assert.equal(await aliasReason('last.test', 'main.test'), 'not-empty')
  })

  it('keeps the other domain from being removed, also one that becomes it meanwhile', async () => {
    const { domains } = house.store
    const other = await house.another()
    assert.equal(await domains.remove('main.test', actor), 'has-aliases')
    for (let round = 0; round < 10; round++) {
      const name = `target${round}.test`
      await domains.create(name, actor)
      const [added, removed] = await Promise.all([
        other.domains.addAlias(`of-${name}`, name, actor),
        domains.remove(name, actor),
      ])
      if (added.ok) assert.equal(removed, 'has-aliases')
      else assert.deepEqual([added.reason, removed], ['unknown-domain', 'done'])
      assert.equal((await domains.show(`of-${name}`))?.aliasOf, added.ok ? name : undefined)
    }
  })

  it('is shown on both sides, and is a domain of its own, without addresses, when it is taken back', async () => {
    const { domains } = house.store
    await domainAlias('back.test', 'full.test')
    assert.equal((await domains.show('back.test'))?.aliasOf, 'full.test')
    assert.deepEqual((await domains.show('full.test'))?.domainAliases, ['back.test'])
    assert.equal(await domains.removeAlias('back.test', 'main.test', actor), 'not-found')
    assert.equal(await domains.removeAlias('back.test', 'full.test', actor), 'done')
    assert.equal(await resolve('zoe@back.test'), 'unknown')
    assert.equal(await domains.remove('back.test', actor), 'done')
    assert.equal(await resolve('zoe@back.test'), 'foreign')
    const trail = await house.store.audit.list({ object: 'back.test' })
    assert.deepEqual(
      trail.map(({ action }) => action),
      ['domain.removed', 'domain.alias-removed', 'domain.alias-added'],
    )
  })

  it('makes no ring: neither when it comes, nor by an alias that leads round through it', async () => {
    await alias('a@full.test', 'A@ring.test')
    const made = await house.store.domains.addAlias('ring.test', 'full.test', actor)
    assert.deepEqual(made, { ok: false, reason: 'ring', addresses: ['a@full.test'] })
    await house.store.aliases.remove('a@full.test', actor)
    await domainAlias('ring.test', 'full.test')
    const { aliases, forwards } = house.store
    const self = await aliases.create('a@full.test', ['a@ring.test', 'zoe@full.test'], actor)
    assert.deepEqual(self, { ok: false, reason: 'self', target: 'a@ring.test' })
    await alias('b@full.test', 'c@ring.test')
    const ring = await aliases.create('c@full.test', ['b@ring.test'], actor)
    assert.deepEqual(ring, {
      ok: false,
      reason: 'ring',
      addresses: ['c@full.test', 'b@ring.test', 'b@full.test', 'c@ring.test', 'c@full.test'],
    })
    assert.equal(await aliases.show('c@full.test'), undefined)
    const forward = { targets: ['zoe+x@ring.test'], keepsCopy: false }
    const home = await forwards.set('zoe@full.test', forward, actor)
    assert.ok(!home.ok && home.reason === 'self')
  })

  it('makes no ring when two close it at the same time', async () => {
    const other = await house.another()
    for (let round = 0; round < 10; round++) {
      const [one, two] = [`l${round}@full.test`, `r${round}@full.test`]
      const [left, right] = await Promise.all([
        house.store.aliases.create(one, [two], actor),
        other.aliases.create(two, [one], actor),
      ])
      assert.notEqual(left.ok, right.ok)
      assert.equal(await resolve(left.ok ? one : two), 'unknown')
    }
  })

  it('ends where a ring came to be all the same', async () => {
    await house.store.domains.create('loop.test', actor)
    await alias('one@loop.test', 'two@round.test')
    await alias('two@loop.test', 'one@round.test')
    await domainAlias('round.test', 'loop.test')
    assert.equal(await resolve('one@loop.test'), 'loop')
    assert.equal(await resolve('two@round.test'), 'loop')
    const { circles, outcome } = await house.store.trail('one@loop.test')
    assert.equal(outcome.kind, 'loop')
    assert.deepEqual(circles, [
      ['one@loop.test', 'two@round.test', 'two@loop.test', 'one@round.test', 'one@loop.test'],
    ])
  })

  it('is as good as the domain for writing, as far as one may there', async () => {
    assert.equal(await may(ada, 'ada@alias.test', 'Ada+x@alias.test', 'ada@main.test'), true)
    assert.equal(await may(ada, 'bob@alias.test'), false)
    assert.equal(await may(ada, 'team@alias.test'), false)
    await house.store.aliases.setSending('team@main.test', true, actor)
    assert.equal(await may(ada, 'team@alias.test'), true)
    assert.equal(await may(ada, 'postmaster@alias.test'), true)
    assert.equal(await may(ada, 'ada@full.test'), false)
  })

  it('is as good as the domain for signing in, and no second chance to guess', async () => {
    const by = await signIn('ada@ALIAS.test')
    assert.ok(by.ok && by.account.address === 'Ada@main.test' && by.account.id === ada.id)
    const bob = await signIn('bob@alias.test', 'wrong')
    assert.ok(!bob.ok && bob.because === 'password')
    const guesses = await house.another({ loginLimits: { ofLogin: 4, halfLifeSeconds: 1e9 } })
    const context = { protocol: 'imap', address: '198.51.100.7' } as const
    const guess = (name: string) =>
      guesses.accounts.authenticate(name, new Secret(`guess ${Math.random()}`), context)
    for (const name of ['bob@main.test', 'bob@alias.test', 'bob@main.test', 'bob@alias.test']) {
      assert.equal((await guess(name)).ok, false)
    }
    const held = await guess('bob@main.test')
    assert.ok(!held.ok && held.because === 'throttled-login')
  })
})

describe('an address of last resort', () => {
  let last: Account
  before(async () => {
    last = await house.account('last@resort.test')
    await house.account('there@resort.test')
    await house.account('off@resort.test')
    await house.store.accounts.setEnabled('off@resort.test', false, actor)
    await house.account('gone@resort.test')
    await alias('list@resort.test', 'x@remote.test')
    await catchAll('resort.test', 'Last+all@resort.test')
  })

  it('gets what nobody has, with any tag', async () => {
    assert.equal(await resolve('anything@resort.test'), 'catch-all last@resort.test all')
    assert.equal(await resolve('any+thing@resort.test'), 'catch-all last@resort.test all')
    assert.equal(await resolve('+odd@resort.test'), 'catch-all last@resort.test all')
    assert.equal(await resolve(`${'x'.repeat(65)}@resort.test`), 'unknown')
    assert.equal(await resolve('"a b"@resort.test'), 'catch-all last@resort.test all')
    await domainAlias('resort-alias.test', 'resort.test')
    assert.equal(await resolve('anything@resort-alias.test'), 'catch-all last@resort.test all')
  })

  it('shadows nobody: accounts, aliases, tags, roles, disabled accounts', async () => {
    assert.equal(await resolve('there@resort.test'), 'local there@resort.test')
    assert.equal(await resolve('there+tag@resort.test'), 'local there@resort.test tag')
    assert.equal(await resolve('list@resort.test'), 'alias x@remote.test')
    assert.equal(await resolve('abuse@resort.test'), 'local last@resort.test')
    assert.equal(await resolve('off@resort.test'), 'disabled')
    assert.equal(await resolve('off+tag@resort.test'), 'disabled')
  })

  it('gets no mail of a removed account, which may come back', async () => {
    assert.equal(await house.store.accounts.remove('gone@resort.test', actor), 'done')
    assert.equal(await resolve('gone@resort.test'), 'unknown')
    assert.equal(await resolve('gone+x@resort.test'), 'unknown')
    assert.equal(await may(last, 'gone@resort.test'), false)
    assert.equal(await house.store.accounts.restore('gone@resort.test', actor), 'done')
    assert.equal(await resolve('gone@resort.test'), 'local gone@resort.test')
  })

  it('collects nothing that looks like a sender that we rewrote', async () => {
    assert.equal(await resolve('SRS0=AAAA=BB=x.test=y@resort.test'), 'unknown')
    const sender = await house.store.forwards.rewriteSender('x@remote.test', 'resort.test')
    const { kind } = await house.store.resolve(sender)
    assert.equal(kind, 'returned')
    assert.equal(await may(last, sender), false)
  })

  it('may be written as by its owner, but for what is somebody else’s', async () => {
    assert.equal(await may(last, 'anything@resort.test', 'any+thing@resort.test'), true)
    assert.equal(await may(last, 'anything@resort-alias.test'), true)
    for (const other of ['there', 'there+x', 'list', 'off', 'gone']) {
      assert.equal(await may(last, `${other}@resort.test`), false, other)
    }
    assert.equal(await may(ada, 'anything@resort.test'), false)
    assert.equal(await may(last, 'abuse@resort.test'), true, 'whose mail comes to it')
    await house.store.domains.change('resort.test', { catchAllMaySend: false }, actor)
    assert.equal(await may(last, 'anything@resort.test'), false)
    await house.store.domains.change('resort.test', { catchAllMaySend: true }, actor)
  })

  it('may be an alias, whose rights to write count', async () => {
    const { aliases } = house.store
    await aliases.create('desk@resort.test', ['last@resort.test', 'ada@main.test'], actor)
    await catchAll('resort.test', 'desk@resort.test')
    assert.equal(await resolve('any@resort.test'), 'catch-all Ada@main.test, last@resort.test')
    assert.equal(await may(ada, 'any@resort.test'), false)
    await aliases.setSending('desk@resort.test', true, actor)
    assert.equal(await may(ada, 'any@resort.test'), true)
  })

  it('is somebody when it is set, and refuses mail once it is nobody, or disabled', async () => {
    const { domains, accounts } = house.store
    const set = (address: string) => domains.change('resort.test', { catchAll: { address } }, actor)
    for (const nobody of ['nobody@resort.test', 'x@remote.test', 'no address', 'abuse@main.test']) {
      assert.equal(await set(nobody), 'unknown-target', nobody)
    }
    assert.equal(
      await domains.change('nowhere.test', { catchAllMaySend: true }, actor),
      'not-found',
    )
    assert.equal(await set('last@resort.test'), 'done')
    await accounts.setEnabled('last@resort.test', false, actor)
    assert.equal(await resolve('any@resort.test'), 'disabled')
    await accounts.setEnabled('last@resort.test', true, actor)
    await accounts.remove('last@resort.test', actor)
    assert.equal(await resolve('any@resort.test'), 'unknown')
    await accounts.restore('last@resort.test', actor)
    assert.equal(await resolve('any@resort.test'), 'catch-all last@resort.test')
    await catchAll('resort.test', undefined)
    assert.equal(await resolve('any@resort.test'), 'unknown')
  })

  it('is made with its domain, or the domain is not', async () => {
    const { domains } = house.store
    assert.equal(
      await domains.create('both.test', actor, { catchAll: 'nobody@main.test' }),
      'unknown-target',
    )
    assert.equal(await domains.show('both.test'), undefined)
    assert.equal(await domains.create('both.test', actor, { catchAll: 'bob@main.test' }), 'done')
    assert.deepEqual((await domains.show('both.test'))?.catchAll, {
      address: 'bob@main.test',
      maySend: true,
    })
    assert.equal(await resolve('x@both.test'), 'catch-all bob@main.test')
  })

  it('that leads round to itself ends', async () => {
    const { domains } = house.store
    await domains.create('self.test', actor)
    await alias('in@self.test', 'nobody@self.test')
    await catchAll('self.test', 'in@self.test')
    assert.equal(await resolve('any@self.test'), 'loop')
    assert.equal(await resolve('in@self.test'), 'loop')
  })
})

describe('a disabled domain', () => {
  let eve: Account
  before(async () => {
    eve = await house.account('eve@off.test')
    await alias('team@off.test', 'ada@main.test')
    await domainAlias('off-alias.test', 'off.test')
    await alias('through@main.test', 'eve@off.test')
    await alias('also@main.test', 'eve@off.test', 'bob@main.test')
    await alias('nested@main.test', 'team@off.test')
    await catchAll('off.test', 'ada@main.test')
  })

  it('takes no mail, by whatever way, and lets nobody in; when it is enabled all is as it was', async () => {
    const { domains, accounts } = house.store
    const session = await signIn('eve@off.test')
    assert.ok(session.ok)
    assert.deepEqual(await accounts.lapsed([session.grant]), [])
    const all = [
      'eve@off.test',
      'eve+x@off.test',
      'team@off.test',
      'any@off.test',
      'abuse@off.test',
      'postmaster@off.test',
      'eve@off-alias.test',
      'through@main.test',
      'nested@main.test',
    ]
    const asItWas = await Promise.all(all.map(resolve))
    const heard = new Promise<void>((done) => {
      house.store.onAccountChange(
        () => undefined,
        () => void accounts.lapsed([session.grant]).then(({ length }) => length > 0 && done()),
      )
    })
    assert.equal(await domains.setEnabled('OFF.test', false, actor), 'done')
    for (const address of all) assert.equal(await resolve(address), 'disabled', address)
    assert.equal(await resolve('also@main.test'), 'alias bob@main.test')
    assert.equal((await domains.show('off.test'))?.isDisabled, true)
    const refused = await signIn('eve@off.test')
    assert.deepEqual(refused, { ok: false, reason: 'disabled', because: 'domain-disabled' })
    const wrong = await signIn('eve@off.test', 'wrong')
    assert.ok(!wrong.ok && wrong.reason === 'credentials')
    await heard
    assert.equal((await accounts.show('eve@off.test'))?.isDomainDisabled, true)
    assert.equal(await may(ada, 'team@off.test'), false)
    assert.equal(await domains.setEnabled('off.test', true, actor), 'done')
    assert.deepEqual(await Promise.all(all.map(resolve)), asItWas)
    assert.equal(await may(ada, 'team@off.test'), true)
    assert.ok((await signIn('eve@off.test')).ok)
    assert.equal(await domains.setEnabled('nowhere.test', false, actor), 'not-found')
  })

  it('that is an alias is off by itself: the other domain is as it was', async () => {
    const { domains } = house.store
    await domains.setEnabled('off-alias.test', false, actor)
    assert.equal(await resolve('eve@off-alias.test'), 'disabled')
    assert.equal(await resolve('eve@off.test'), 'local eve@off.test')
    assert.equal(await may(eve, 'eve@off-alias.test'), false)
    const by = await signIn('eve@off-alias.test')
    assert.ok(!by.ok && by.because === 'domain-disabled')
    assert.ok((await signIn('eve@off.test')).ok)
    await domains.setEnabled('off-alias.test', true, actor)
  })

  it('that is the first does not get mail for postmaster without a domain', async () => {
    assert.equal(await resolve('postmaster'), 'local Ada@main.test')
    await house.store.domains.setEnabled('main.test', false, actor)
    const found = await resolve('postmaster')
    assert.match(found, /^local /)
    assert.doesNotMatch(found, /main\.test/)
    await house.store.domains.setEnabled('main.test', true, actor)
  })
})

describe('a disabled account that keeps receiving', () => {
  it('takes and passes on mail, and lets nobody in', async () => {
    const { accounts, forwards } = house.store
    await house.account('left@main.test')
    await forwards.set('left@main.test', { targets: ['x@remote.test'], keepsCopy: true }, actor)
    await accounts.setEnabled('left@main.test', false, actor, { keepsReceiving: true })
    assert.equal(await resolve('left@main.test'), 'local left@main.test > x@remote.test')
    const refused = await signIn('left@main.test')
    assert.deepEqual(refused, { ok: false, reason: 'disabled', because: 'disabled' })
    const shown = await accounts.show('left@main.test')
    assert.deepEqual([shown?.isDisabled, shown?.keepsReceiving], [true, true])
    await accounts.setEnabled('left@main.test', false, actor)
    assert.equal(await resolve('left@main.test'), 'disabled')
    await accounts.setEnabled('left@main.test', true, actor)
    assert.equal((await accounts.show('left@main.test'))?.keepsReceiving, false)
    assert.ok((await signIn('left@main.test')).ok)
  })
})

describe('the way of an address', () => {
  it('names every hop: the domain’s alias, tags, aliases, forwards, the last resort', async () => {
    await alias('crew@resort.test', 'ada+Crew@main.test', 'missing@main.test', 'crew@far.example')
    await catchAll('resort.test', 'crew@resort.test')
    const trail = await house.store.trail('Anybody+x@resort-alias.test')
    assert.deepEqual(written(trail), [
      'asked anybody+x@resort-alias.test is domain-alias +x',
      '  domain anybody+x@resort.test is catch-all +x',
      '    catch-all crew@resort.test is alias',
      '      alias ada+Crew@main.test is account Ada@main.test +Crew',
      '      alias crew@far.example is remote',
      '      alias missing@main.test is nobody',
    ])
    assert.equal(trail.outcome.kind, 'alias')
    assert.deepEqual(trail.circles, [])
  })

  it('of an account, a role, nobody, elsewhere and nonsense is one line', async () => {
    assert.deepEqual(await lines('bob@main.test'), ['asked bob@main.test is account'])
    assert.deepEqual(await lines('abuse@main.test'), [
      'asked abuse@main.test is account Ada@main.test',
    ])
    assert.deepEqual(await lines('nobody@main.test'), ['asked nobody@main.test is nobody'])
    assert.deepEqual(await lines('x@far.example'), ['asked x@far.example is remote'])
    assert.deepEqual(await lines('nonsense'), ['asked nonsense is nobody'])
  })

  it('says what is disabled, and what stands above already', async () => {
    await alias('twice@main.test', 'also@main.test', 'also+x@main.test')
    await house.store.domains.setEnabled('off.test', false, actor)
    assert.deepEqual(written(await house.store.trail('twice@main.test')), [
      'asked twice@main.test is alias',
      '  alias also+x@main.test is alias +x',
      '    alias bob@main.test is account',
      '    alias eve@off.test is disabled-domain',
      '  alias also@main.test is alias',
      '    alias bob@main.test is account',
      '    alias eve@off.test is disabled-domain',
    ])
    await house.store.domains.setEnabled('off.test', true, actor)
  })
})
