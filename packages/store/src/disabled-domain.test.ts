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

describe('a disabled domain', () => {
  let eve: Account
  before(async () => {
    eve = await house.account('eve@off.test')
    await house.alias('team@off.test', 'ada@main.test')
    await house.domainAlias('off-alias.test', 'off.test')
    await house.alias('through@main.test', 'eve@off.test')
    await house.alias('also@main.test', 'eve@off.test', 'bob@main.test')
    await house.alias('nested@main.test', 'team@off.test')
    await house.catchAll('off.test', 'ada@main.test')
  })

  it('takes no mail, by whatever way, and lets nobody in; when it is enabled all is as it was', async () => {
    const { domains, accounts } = house.store
    const session = await house.signIn('eve@off.test')
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
    const asItWas = await Promise.all(all.map((one) => house.resolve(one)))
    const heard = new Promise<void>((done) => {
      house.store.onAccountChange(
        () => undefined,
        () => void accounts.lapsed([session.grant]).then(({ length }) => length > 0 && done()),
      )
    })
    assert.equal(await domains.setEnabled('OFF.test', false, actor), 'done')
    for (const address of all) assert.equal(await house.resolve(address), 'disabled', address)
    assert.equal(await house.resolve('also@main.test'), 'alias bob@main.test')
    assert.equal((await domains.show('off.test'))?.isDisabled, true)
    const refused = await house.signIn('eve@off.test')
    assert.deepEqual(refused, { ok: false, reason: 'disabled', because: 'domain-disabled' })
    const wrong = await house.signIn('eve@off.test', 'wrong')
    assert.ok(!wrong.ok && wrong.reason === 'credentials')
    await heard
    assert.equal((await accounts.show('eve@off.test'))?.isDomainDisabled, true)
    assert.equal(await house.may(house.ada, 'team@off.test'), false)
    assert.equal(await domains.setEnabled('off.test', true, actor), 'done')
    assert.deepEqual(await Promise.all(all.map((one) => house.resolve(one))), asItWas)
    assert.equal(await house.may(house.ada, 'team@off.test'), true)
    assert.ok((await house.signIn('eve@off.test')).ok)
    assert.equal(await domains.setEnabled('nowhere.test', false, actor), 'not-found')
  })

  it('that is an alias is off by itself: the other domain is as it was', async () => {
    const { domains } = house.store
    await domains.setEnabled('off-alias.test', false, actor)
    assert.equal(await house.resolve('eve@off-alias.test'), 'disabled')
    assert.equal(await house.resolve('eve@off.test'), 'local eve@off.test')
    assert.equal(await house.may(eve, 'eve@off-alias.test'), false)
    const by = await house.signIn('eve@off-alias.test')
    assert.ok(!by.ok && by.because === 'domain-disabled')
    assert.ok((await house.signIn('eve@off.test')).ok)
    await domains.setEnabled('off-alias.test', true, actor)
  })

  it('that is the first does not get mail for postmaster without a domain', async () => {
    assert.equal(await house.resolve('postmaster'), 'local Ada@main.test')
    await house.store.domains.setEnabled('main.test', false, actor)
    const found = await house.resolve('postmaster')
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
    assert.equal(await house.resolve('left@main.test'), 'local left@main.test > x@remote.test')
    const refused = await house.signIn('left@main.test')
    assert.deepEqual(refused, { ok: false, reason: 'disabled', because: 'disabled' })
    const shown = await accounts.show('left@main.test')
    assert.deepEqual([shown?.isDisabled, shown?.keepsReceiving], [true, true])
    await accounts.setEnabled('left@main.test', false, actor)
    assert.equal(await house.resolve('left@main.test'), 'disabled')
    await accounts.setEnabled('left@main.test', true, actor)
    assert.equal((await accounts.show('left@main.test'))?.keepsReceiving, false)
    assert.ok((await house.signIn('left@main.test')).ok)
  })
})
