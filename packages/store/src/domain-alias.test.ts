import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret } from '@posthouse/config'
import { DomainHouse } from './testing/domain-house.ts'
import { actor } from './testing/store-house.ts'

let house: DomainHouse
before(async () => {
  house = await DomainHouse.open()
})
after(() => house.close())

describe('an alias of a domain', () => {
  before(async () => {
    await house.domainAlias('Alias.test', 'main.test')
    await house.alias('team@main.test', 'ada@main.test', 'x@remote.test')
  })

  it('has every address of it: accounts, tags, aliases, forwards, postmaster', async () => {
    assert.equal(await house.resolve('ADA@alias.test'), 'local Ada@main.test')
    assert.equal(await house.resolve('ada+Lists@alias.test'), 'local Ada@main.test Lists')
    assert.equal(await house.resolve('team@alias.test'), 'alias Ada@main.test, x@remote.test')
    await house.account('ada+own@main.test')
    assert.equal(await house.resolve('ada+own@alias.test'), 'local ada+own@main.test')
    assert.equal(await house.resolve('nobody@alias.test'), 'unknown')
    assert.equal(await house.resolve('postmaster@alias.test'), 'local Ada@main.test')
    const forward = { targets: ['far@remote.test'], keepsCopy: false }
    await house.account('fay@main.test')
    assert.deepEqual(await house.store.forwards.set('fay@main.test', forward, actor), { ok: true })
    assert.equal(await house.resolve('fay@alias.test'), 'local fay@main.test > far@remote.test')
    assert.equal(await house.resolve('team+x@alias.test'), 'alias Ada@main.test, x@remote.test')
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
      assert.equal(await house.resolve(`own@${name}`), became.ok ? 'unknown' : `local own@${name}`)
    }
  })

  it('is refused where it would be one of itself, of an alias, of nothing, or shadow addresses', async () => {
    assert.equal(await house.aliasReason('main.test', 'MAIN.test'), 'self')
    assert.equal(await house.aliasReason('no domain', 'main.test'), 'malformed')
    assert.equal(await house.aliasReason('new.test', 'nowhere.test'), 'unknown-domain')
    assert.equal(await house.store.domains.show('new.test'), undefined)
    assert.equal(await house.aliasReason('alias.test', 'main.test'), 'exists')
    await house.account('zoe@full.test')
    assert.equal(await house.aliasReason('full.test', 'main.test'), 'not-empty')
    assert.equal(await house.aliasReason('alias.test', 'full.test'), 'taken')
    assert.equal(await house.aliasReason('new.test', 'alias.test'), 'chained')
    assert.equal(await house.aliasReason('main.test', 'full.test'), 'chained')
    await house.store.domains.create('last.test', actor)
    await house.catchAll('last.test', 'ada@main.test')
    assert.equal(await house.aliasReason('last.test', 'main.test'), 'not-empty')
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
    await house.domainAlias('back.test', 'full.test')
    assert.equal((await domains.show('back.test'))?.aliasOf, 'full.test')
    assert.deepEqual((await domains.show('full.test'))?.domainAliases, ['back.test'])
    assert.equal(await domains.removeAlias('back.test', 'main.test', actor), 'not-found')
    assert.equal(await domains.removeAlias('back.test', 'full.test', actor), 'done')
    assert.equal(await house.resolve('zoe@back.test'), 'unknown')
    assert.equal(await domains.remove('back.test', actor), 'done')
    assert.equal(await house.resolve('zoe@back.test'), 'foreign')
    const trail = await house.store.audit.list({ object: 'back.test' })
    assert.deepEqual(
      trail.map(({ action }) => action),
      ['domain.removed', 'domain.alias-removed', 'domain.alias-added'],
    )
  })

  it('makes no ring: neither when it comes, nor by an alias that leads round through it', async () => {
    await house.alias('a@full.test', 'A@ring.test')
    const made = await house.store.domains.addAlias('ring.test', 'full.test', actor)
    assert.deepEqual(made, { ok: false, reason: 'ring', addresses: ['a@full.test'] })
    await house.store.aliases.remove('a@full.test', actor)
    await house.domainAlias('ring.test', 'full.test')
    const { aliases, forwards } = house.store
    const self = await aliases.create('a@full.test', ['a@ring.test', 'zoe@full.test'], actor)
    assert.deepEqual(self, { ok: false, reason: 'self', target: 'a@ring.test' })
    await house.alias('b@full.test', 'c@ring.test')
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
      assert.equal(await house.resolve(left.ok ? one : two), 'unknown')
    }
  })

  it('ends where a ring came to be all the same', async () => {
    await house.store.domains.create('loop.test', actor)
    await house.alias('one@loop.test', 'two@round.test')
    await house.alias('two@loop.test', 'one@round.test')
    await house.domainAlias('round.test', 'loop.test')
    assert.equal(await house.resolve('one@loop.test'), 'loop')
    assert.equal(await house.resolve('two@round.test'), 'loop')
    const { circles, outcome } = await house.store.trail('one@loop.test')
    assert.equal(outcome.kind, 'loop')
    assert.deepEqual(circles, [
      ['one@loop.test', 'two@round.test', 'two@loop.test', 'one@round.test', 'one@loop.test'],
    ])
  })

  it('is as good as the domain for writing, as far as one may there', async () => {
    assert.equal(
      await house.may(house.ada, 'ada@alias.test', 'Ada+x@alias.test', 'ada@main.test'),
      true,
    )
    assert.equal(await house.may(house.ada, 'bob@alias.test'), false)
    assert.equal(await house.may(house.ada, 'team@alias.test'), false)
    await house.store.aliases.setSending('team@main.test', true, actor)
    assert.equal(await house.may(house.ada, 'team@alias.test'), true)
    assert.equal(await house.may(house.ada, 'postmaster@alias.test'), true)
    assert.equal(await house.may(house.ada, 'ada@full.test'), false)
  })

  it('is as good as the domain for signing in, and no second chance to guess', async () => {
    const by = await house.signIn('ada@ALIAS.test')
    assert.ok(by.ok && by.account.address === 'Ada@main.test' && by.account.id === house.ada.id)
    const bob = await house.signIn('bob@alias.test', 'wrong')
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
