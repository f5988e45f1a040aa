import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginLimits } from './login-limits.ts'
import { loginVerdict, type LoginRecord } from './login-verdict.ts'

const clean: LoginRecord = {
  rule: undefined,
  ruleSeconds: undefined,
  ofLogin: 0,
  ofNetwork: 0,
  isKnownPlace: false,
}
const of = (record: Partial<LoginRecord>) => loginVerdict({ ...clean, ...record }, loginLimits)

test('ordinary slips hold nobody up', () => {
  assert.deepEqual(of({}), { kind: 'open' })
  assert.deepEqual(of({ ofLogin: 19.4, ofNetwork: 99.4 }), { kind: 'open' })
})

test('too many failures are throttled until the count has decayed below the limit', () => {
  for (const [record, because, limit] of [
    [{ ofLogin: 19.5 }, 'login', 20],
    [{ ofLogin: 20 }, 'login', 20],
    [{ ofLogin: 40 }, 'login', 20],
    [{ ofNetwork: 101 }, 'network', 100],
  ] as const) {
    const verdict = of(record)
    assert.ok(verdict.kind === 'throttled' && verdict.retrySeconds !== undefined)
    assert.equal(verdict.because, because)
    const score = 'ofLogin' in record ? record.ofLogin : record.ofNetwork
    const then = score * 0.5 ** (verdict.retrySeconds / loginLimits.halfLifeSeconds)
    assert.ok(then < limit - 0.5, String(then))
  }
})

test('where the owner has signed in before, attempts are slowed down and never refused', () => {
  assert.deepEqual(of({ isKnownPlace: true, ofNetwork: 1e9 }), { kind: 'open' })
  assert.deepEqual(of({ isKnownPlace: true, ofLogin: 20 }), { kind: 'paced', waitMs: 150 })
  assert.deepEqual(of({ isKnownPlace: true, ofLogin: 1e9 }), { kind: 'paced', waitMs: 3_000 })
})

test('the operator’s rule is above all counts', () => {
  const many = { ofLogin: 1e9, ofNetwork: 1e9 }
  assert.deepEqual(of({ rule: 'trust', ...many }), { kind: 'open' })
  const banned = { kind: 'throttled', because: 'banned', retrySeconds: 60 }
  assert.deepEqual(of({ rule: 'ban', ruleSeconds: 60, isKnownPlace: true }), banned)
})
