import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DomainHouse } from './testing/domain-house.ts'
import { actor } from './testing/store-house.ts'

let house: DomainHouse
before(async () => {
  house = await DomainHouse.open()
})
after(() => house.close())

describe('the way of an address', () => {
  before(async () => {
    for (const one of ['last@resort.test', 'eve@off.test']) await house.account(one)
    await house.domainAlias('resort-alias.test', 'resort.test')
    await house.alias('also@main.test', 'eve@off.test', 'bob@main.test')
  })

  it('names every hop: the domain’s alias, tags, aliases, forwards, the last resort', async () => {
    await house.alias(
      'crew@resort.test',
      'ada+Crew@main.test',
      'missing@main.test',
      'crew@far.example',
    )
    await house.catchAll('resort.test', 'crew@resort.test')
    const trail = await house.store.trail('Anybody+x@resort-alias.test')
    assert.deepEqual(await house.way('Anybody+x@resort-alias.test'), [
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
    assert.deepEqual(await house.way('bob@main.test'), ['asked bob@main.test is account'])
    assert.deepEqual(await house.way('abuse@main.test'), [
      'asked abuse@main.test is account Ada@main.test',
    ])
    assert.deepEqual(await house.way('nobody@main.test'), ['asked nobody@main.test is nobody'])
    assert.deepEqual(await house.way('x@far.example'), ['asked x@far.example is remote'])
    assert.deepEqual(await house.way('nonsense'), ['asked nonsense is nobody'])
  })

  it('says what is disabled, and what stands above already', async () => {
    await house.alias('twice@main.test', 'also@main.test', 'also+x@main.test')
    await house.store.domains.setEnabled('off.test', false, actor)
    assert.deepEqual(await house.way('twice@main.test'), [
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
