import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authentication, letter, sample, spf } from '../sample-message.fixture.ts'
import type { FilterVerdict, RecipientSettings } from '../verdict.ts'
import { isBlocked, placementOf, sendersOf, vouchedDomains } from './placement.ts'

const nothing: RecipientSettings = { allowed: [], blocked: [] }
const junk: FilterVerdict = {
  action: 'junk',
  points: 7,
  junkAt: 6,
  reason: 'spam',
  findings: [],
  stages: [],
}
const ham: FilterVerdict = { action: 'deliver', points: 1, junkAt: 6, findings: [], stages: [] }
const from = { from: 'Grace@Elsewhere.example', envelope: 'bounce@lists.example' }

test('without settings the verdict decides', () => {
  assert.equal(placementOf(ham, nothing, []), 'inbox')
  assert.equal(placementOf({ ...ham, action: 'tag' }, nothing, []), 'inbox')
  assert.equal(placementOf(junk, nothing, []), 'junk')
  assert.equal(placementOf({ ...junk, action: 'quarantine' }, nothing, []), 'quarantine')
})

test('a recipient has thresholds of their own, in both directions', () => {
  assert.equal(placementOf(junk, { ...nothing, junk: 8 }, []), 'inbox')
  assert.equal(placementOf({ ...ham, points: 3 }, { ...nothing, junk: 3 }, []), 'junk')
  assert.equal(placementOf(junk, { ...nothing, quarantine: 7 }, []), 'quarantine')
})

test('an allowed domain counts where it is authenticated, its subdomains too, and a name that only ends like it does not', () => {
  const settings = { ...nothing, allowed: ['elsewhere.example'] }
  assert.equal(placementOf(junk, settings, ['mail.elsewhere.example'], from), 'inbox')
  assert.equal(placementOf(junk, settings, [], from), 'junk')
  assert.equal(placementOf(junk, settings, ['notelsewhere.example'], from), 'junk')
})

test('an allowed address counts where From is that address and its domain is authenticated', () => {
  const settings = { ...nothing, allowed: ['grace@elsewhere.example'] }
  assert.equal(placementOf(junk, settings, ['elsewhere.example'], from), 'inbox')
  assert.equal(placementOf(junk, settings, ['lists.example'], from), 'junk')
  assert.equal(
    placementOf(junk, settings, ['elsewhere.example'], { ...from, from: 'eve@elsewhere.example' }),
    'junk',
  )
  assert.equal(
    placementOf(junk, settings, ['elsewhere.example'], { envelope: 'grace@elsewhere.example' }),
    'junk',
  )
})

test('SPF alone allows nobody; a DKIM signature does, and what a trusted sealer saw', () => {
  const passing = authentication({
    spf: { helo: spf('helo'), mailFrom: spf('mailfrom', 'pass') },
    authenticated: ['elsewhere.example'],
  })
  assert.deepEqual(vouchedDomains(passing), [])
  const dkim = {
    result: 'pass',
    domain: 'a.example',
    selector: 's',
    identity: '@a.example',
    algorithm: 'rsa-sha256',
    signature: '',
    isTesting: false,
    unsignedOctets: 0,
    because: '',
  } as const
  const arc = {
    result: 'pass',
    sealers: ['l.example'],
    isTrusted: true,
    sealed: { sealer: 'l.example', dkim: [{ result: 'pass', domain: 'b.example' }] },
    because: '',
  } as const
  assert.deepEqual(vouchedDomains(authentication({ dkim: [dkim], arc })), [
    'a.example',
    'b.example',
  ])
  assert.deepEqual(
    vouchedDomains(authentication({ dkim: [dkim], arc: { ...arc, isTrusted: false } })),
    ['a.example'],
  )
})

test('a block list is heard on any claim, and before an allow list', () => {
  for (const entry of [
    'grace@elsewhere.example',
    'lists.example',
    '@elsewhere.example',
    'signer.example',
  ]) {
    const settings = { allowed: ['elsewhere.example'], blocked: [entry] }
    assert.equal(
      placementOf(ham, settings, ['elsewhere.example', 'signer.example'], from),
      'junk',
      entry,
    )
  }
  assert.equal(isBlocked(['else.example'], [], from), false)
})

test('a virus stays aside, and a held attachment, whatever is allowed', () => {
  const settings = { ...nothing, allowed: ['elsewhere.example'] }
  for (const reason of ['virus', 'policy'] as const) {
    assert.equal(
      placementOf({ ...junk, action: 'quarantine', reason }, settings, ['elsewhere.example'], from),
      'quarantine',
    )
  }
  assert.equal(
    placementOf({ ...junk, action: 'quarantine' }, settings, ['elsewhere.example'], from),
    'inbox',
  )
})

test('From that could be read in two ways is no sender to allow', () => {
  assert.deepEqual(sendersOf(sample()), {
    from: 'grace@elsewhere.example',
    envelope: 'grace@elsewhere.example',
  })
  for (const field of ['a@a.example, b@b.example', 'a@a.example <b@b.example', '']) {
    assert.equal(sendersOf(sample(letter({ From: field }))).from, undefined, field)
  }
  assert.equal(sendersOf(sample(letter({ from: 'eve@evil.example' }))).from, undefined)
})
