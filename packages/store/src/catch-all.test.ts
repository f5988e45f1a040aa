import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Account } from './accounts.ts'
import { DomainHouse } from './testing/domain-house.ts'
import { actor } from './testing/store-house.ts'

let house: DomainHouse
before(async () => {
  house = await DomainHouse.open()
})
after(() => house.close())

describe('an address of last resort', () => {
  let last: Account
  before(async () => {
    last = await house.account('last@resort.test')
    await house.account('there@resort.test')
    await house.account('off@resort.test')
    await house.store.accounts.setEnabled('off@resort.test', false, actor)
    await house.account('gone@resort.test')
    await house.alias('list@resort.test', 'x@remote.test')
    await house.catchAll('resort.test', 'Last+all@resort.test')
  })

  it('gets what nobody has, with any tag', async () => {
    assert.equal(await house.resolve('anything@resort.test'), 'catch-all last@resort.test all')
    assert.equal(await house.resolve('any+thing@resort.test'), 'catch-all last@resort.test all')
    assert.equal(await house.resolve('+odd@resort.test'), 'catch-all last@resort.test all')
    assert.equal(await house.resolve(`${'x'.repeat(65)}@resort.test`), 'unknown')
    assert.equal(await house.resolve('"a b"@resort.test'), 'catch-all last@resort.test all')
    await house.domainAlias('resort-alias.test', 'resort.test')
    assert.equal(
      await house.resolve('anything@resort-alias.test'),
      'catch-all last@resort.test all',
    )
  })

  it('shadows nobody: accounts, aliases, tags, roles, disabled accounts', async () => {
    assert.equal(await house.resolve('there@resort.test'), 'local there@resort.test')
    assert.equal(await house.resolve('there+tag@resort.test'), 'local there@resort.test tag')
    assert.equal(await house.resolve('list@resort.test'), 'alias x@remote.test')
    assert.equal(await house.resolve('abuse@resort.test'), 'local last@resort.test')
    assert.equal(await house.resolve('off@resort.test'), 'disabled')
    assert.equal(await house.resolve('off+tag@resort.test'), 'disabled')
  })

  it('gets no mail of a removed account, which may come back', async () => {
    assert.equal(await house.store.accounts.remove('gone@resort.test', actor), 'done')
    assert.equal(await house.resolve('gone@resort.test'), 'unknown')
    assert.equal(await house.resolve('gone+x@resort.test'), 'unknown')
    assert.equal(await house.may(last, 'gone@resort.test'), false)
    assert.equal(await house.store.accounts.restore('gone@resort.test', actor), 'done')
    assert.equal(await house.resolve('gone@resort.test'), 'local gone@resort.test')
  })

  it('collects nothing that looks like a sender that we rewrote', async () => {
    assert.equal(await house.resolve('SRS0=AAAA=BB=x.test=y@resort.test'), 'unknown')
    const sender = await house.store.forwards.rewriteSender('x@remote.test', 'resort.test')
    const { kind } = await house.store.resolve(sender)
    assert.equal(kind, 'returned')
    assert.equal(await house.may(last, sender), false)
  })

  it('that takes no mail keeps no report from a sender that we rewrote', async () => {
    const sender = await house.store.forwards.rewriteSender('x@remote.test', 'resort.test')
    await house.store.accounts.setEnabled('last@resort.test', false, actor)
    assert.equal(await house.resolve('any@resort.test'), 'disabled')
    assert.equal(await house.resolve(sender), 'returned')
    assert.equal(await house.resolve('SRS0=AAAA=BB=x.test=y@resort.test'), 'unknown')
    await house.store.accounts.setEnabled('last@resort.test', true, actor)
  })

  it('may be written as by its owner, but for what is somebody else’s', async () => {
    assert.equal(await house.may(last, 'anything@resort.test', 'any+thing@resort.test'), true)
    assert.equal(await house.may(last, 'anything@resort-alias.test'), true)
    for (const other of ['there', 'there+x', 'list', 'off', 'gone']) {
      assert.equal(await house.may(last, `${other}@resort.test`), false, other)
    }
    assert.equal(await house.may(house.ada, 'anything@resort.test'), false)
    assert.equal(await house.may(last, 'abuse@resort.test'), true, 'whose mail comes to it')
    await house.store.domains.change('resort.test', { catchAllMaySend: false }, actor)
    assert.equal(await house.may(last, 'anything@resort.test'), false)
    await house.store.domains.change('resort.test', { catchAllMaySend: true }, actor)
  })

  it('may be an alias, whose rights to write count', async () => {
    const { aliases } = house.store
    await aliases.create('desk@resort.test', ['last@resort.test', 'ada@main.test'], actor)
    await house.catchAll('resort.test', 'desk@resort.test')
    assert.equal(
      await house.resolve('any@resort.test'),
      'catch-all Ada@main.test, last@resort.test',
    )
    assert.equal(await house.may(house.ada, 'any@resort.test'), false)
    await aliases.setSending('desk@resort.test', true, actor)
    assert.equal(await house.may(house.ada, 'any@resort.test'), true)
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
    assert.equal(await set('last@resort-alias.test'), 'done')
    const shown = await domains.show('resort.test')
    assert.equal(shown?.catchAll?.address, 'last@resort.test', 'the account’s own')
    await accounts.setEnabled('last@resort.test', false, actor)
    assert.equal(await house.resolve('any@resort.test'), 'disabled')
    await accounts.setEnabled('last@resort.test', true, actor)
    await accounts.remove('last@resort.test', actor)
    assert.equal(await house.resolve('any@resort.test'), 'unknown')
    await accounts.restore('last@resort.test', actor)
    assert.equal(await house.resolve('any@resort.test'), 'catch-all last@resort.test')
    await house.catchAll('resort.test', undefined)
    assert.equal(await house.resolve('any@resort.test'), 'unknown')
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
    assert.equal(await house.resolve('x@both.test'), 'catch-all bob@main.test')
  })

  it('of two domains may be set to each other’s people at the same time', async () => {
    const { domains } = house.store
    await house.account('one@left.test')
    await house.account('two@right.test')
    const other = await house.another()
    const right = { address: 'two@right.test' }
    const left = { address: 'one@left.test' }
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.all([
        domains.change('left.test', { catchAll: right }, actor),
        other.domains.change('right.test', { catchAll: left }, actor),
      ])
      assert.deepEqual(outcomes, ['done', 'done'])
    }
  })

  it('that leads round to itself ends', async () => {
    const { domains } = house.store
    await domains.create('self.test', actor)
    await house.alias('in@self.test', 'nobody@self.test')
    await house.catchAll('self.test', 'in@self.test')
    assert.equal(await house.resolve('any@self.test'), 'loop')
    assert.equal(await house.resolve('in@self.test'), 'loop')
    const sender = await house.store.forwards.rewriteSender('x@remote.test', 'self.test')
    assert.equal(await house.resolve(sender), 'returned')
  })
})
