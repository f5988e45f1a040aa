import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptStsPolicy } from '@posthouse/store'
import type { DaneFinding } from './dane-lookup.ts'
import { certificate, chainOf, goodDay, type TestCertificate } from './dane-match.fixture.ts'
import { failure } from './failure.ts'
import { makePlan, type PlanInput, relayPlan } from './plan.ts'
import { type Evidence, isVerifying, sessionFailure } from './session-verdict.ts'

const host = 'mx.ta.test'

function policy(mode: KeptStsPolicy['mode'], mx: string): KeptStsPolicy {
  return {
    domain: 'ta.test',
    policyId: '1',
    mode,
    mx: [mx],
    lines: [],
    maxAgeSeconds: 86_400,
    remainingSeconds: 86_400,
    fetchedAt: goodDay,
    expiresAt: goodDay,
  }
}

function dane(of: TestCertificate | undefined, usage = 3): DaneFinding {
  const record = { usage, selector: 0, matchingType: 0 }
  const all = of === undefined ? [] : [{ ...record, data: certificate(of).raw }]
  return { kind: 'records', usable: all, all, base: host, names: [host, 'ta.test'] }
}

/** Everything that can be found out about a host, and what each is called in the failure's text. */
const danes: Readonly<Record<string, DaneFinding>> = {
  none: { kind: 'none' },
  failed: { kind: 'failed', because: 'bogus' },
  unusable: dane(undefined),
  leaf: dane('leaf'),
  other: dane('client'),
  authority: dane('mid', 2),
}
const stsPolicies: Readonly<Record<string, PlanInput['sts']>> = {
  none: {},
  unfetched: { failure: failure('sts-policy-fetch-error', 'no answer') },
  off: { policy: policy('none', host) },
  testing: { policy: policy('testing', '*.ta.test') },
  testingElsewhere: { policy: policy('testing', 'other.test') },
  enforce: { policy: policy('enforce', '*.ta.test') },
  enforceElsewhere: { policy: policy('enforce', 'other.test') },
  enforceKept: {
    policy: policy('enforce', host),
    failure: failure('sts-policy-fetch-error', 'no answer'),
  },
}
const evidences: Readonly<Record<string, Evidence>> = {
  clear: undefined,
  good: { distrust: undefined, chain: () => chainOf('leaf', 'mid') },
  selfSigned: { distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT', chain: () => chainOf('leaf', 'mid') },
  expired: { distrust: 'CERT_HAS_EXPIRED', chain: () => chainOf('leaf', 'mid') },
  otherName: { distrust: undefined, chain: () => chainOf('notca', 'root') },
  nothing: { distrust: undefined, chain: () => [] },
}
const needs = ['usual', 'required', 'optional'] as const

test('over all that can be found out, mail goes over what each policy asks for and nothing less', () => {
  let cases = 0
  for (const [daneName, daneFound] of Object.entries(danes)) {
    for (const [stsName, sts] of Object.entries(stsPolicies)) {
      for (const [evidenceName, evidence] of Object.entries(evidences)) {
        for (const need of needs) {
          for (const bits of [0, 1, 2, 3]) {
            const input = {
              host,
              need,
              dane: daneFound,
              sts,
              isMxSecure: (bits & 1) !== 0 || daneName !== 'none',
              expectsTls: (bits & 2) !== 0,
            }
            const isUsed = sessionFailure(makePlan(input), host, evidence, goodDay) === undefined
            const may = mayUse(input, { daneName, stsName, evidenceName })
            const text = JSON.stringify({ daneName, stsName, evidenceName, ...input })
            assert.equal(isUsed, may, text)
            cases += 1
          }
        }
      }
    }
  }
  assert.equal(cases, 6 * 8 * 6 * 3 * 4)
})

/** The same in other words: a list of what must hold, whatever is decided. */
function mayUse(
  { need, isMxSecure, expectsTls }: PlanInput,
  of: { daneName: string; stsName: string; evidenceName: string },
): boolean {
  const { daneName, stsName, evidenceName } = of
  if (need === 'optional') return true
  const hasTls = evidenceName !== 'clear'
  const isWebPki = evidenceName === 'good'
  const isLeaf = hasTls && evidenceName !== 'otherName' && evidenceName !== 'nothing'
  if (daneName === 'failed') return false
  if (daneName === 'leaf' || daneName === 'authority') return isLeaf
  if (daneName === 'other') return false
  if (stsName === 'enforceElsewhere') return false
  if (stsName.startsWith('enforce')) return isWebPki
  if (need === 'required') {
    if (stsName === 'testingElsewhere') return false
    return isWebPki && (stsName === 'testing' || isMxSecure)
  }
  if (daneName === 'unusable' || expectsTls) return hasTls
  return true
}

function inputOf(more: Partial<PlanInput>): PlanInput {
  return {
    host,
    need: 'usual',
    dane: { kind: 'none' },
    sts: {},
    isMxSecure: false,
    expectsTls: false,
    ...more,
  }
}

/** Whether REQUIRETLS fails for good; undefined: it need not fail. */
function finalOf(sts: string, isMxSecure = false): boolean | undefined {
  const plan = makePlan(inputOf({ need: 'required', sts: stsPolicies[sts] ?? {}, isMxSecure }))
  return plan.kind === 'refused' ? plan.isFinal : undefined
}

function mayRelay(setting: Parameters<typeof relayPlan>[0], evidence: string): boolean {
  return sessionFailure(relayPlan(setting), host, evidences[evidence], goodDay) === undefined
}

test('a failure says what it is in the words of TLS reports', () => {
  for (const [given, evidence, type] of [
    [inputOf({ dane: { kind: 'failed', because: 'SERVFAIL' } }), 'good', 'dnssec-invalid'],
    [inputOf({ sts: stsPolicies['enforce'] ?? {} }), 'clear', 'starttls-not-supported'],
    [inputOf({ sts: stsPolicies['enforce'] ?? {} }), 'selfSigned', 'certificate-not-trusted'],
    [inputOf({ sts: stsPolicies['enforce'] ?? {} }), 'expired', 'certificate-expired'],
    [inputOf({ sts: stsPolicies['enforce'] ?? {} }), 'otherName', 'certificate-host-mismatch'],
    [inputOf({ sts: stsPolicies['enforceElsewhere'] ?? {} }), 'good', 'validation-failure'],
    [inputOf({ dane: dane('client') }), 'good', 'certificate-not-trusted'],
    [inputOf({ dane: dane('client') }), 'clear', 'starttls-not-supported'],
    [inputOf({ expectsTls: true }), 'clear', 'starttls-not-supported'],
    [
      inputOf({ need: 'required', sts: stsPolicies['unfetched'] ?? {} }),
      'good',
      'sts-policy-fetch-error',
    ],
  ] as const) {
    assert.equal(sessionFailure(makePlan(given), host, evidences[evidence], goodDay)?.type, type)
  }
})

test('only where nobody will ever say who the host is does REQUIRETLS fail for good', () => {
  assert.equal(finalOf('none'), true)
  assert.equal(finalOf('unfetched'), false)
  assert.equal(finalOf('enforceElsewhere'), false)
  assert.equal(finalOf('none', true), undefined)
})

test('a relay is what its route says', () => {
  assert.deepEqual([mayRelay('opportunistic', 'clear'), mayRelay('none', 'clear')], [true, true])
  assert.deepEqual(
    [mayRelay('required', 'clear'), mayRelay('required', 'selfSigned')],
    [false, true],
  )
  assert.deepEqual(
    [mayRelay('verified', 'selfSigned'), mayRelay('verified', 'good')],
    [false, true],
  )
  assert.equal(isVerifying(relayPlan('none', 'required')), true)
  assert.equal(isVerifying(relayPlan('verified')), true)
  assert.equal(isVerifying(relayPlan('required')), false)
})
