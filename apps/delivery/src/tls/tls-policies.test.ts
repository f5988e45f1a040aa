import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Resolver, Zone, zoneResolver } from '@posthouse/dns'
import { type KeptStsPolicy, StoreUnavailable } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { randomFrom, someSeed } from '../pace/random.fixture.ts'
import { certificate, chainOf, goodDay } from './dane-match.fixture.ts'
import { failure } from './failure.ts'
import type { SecurityNeed } from './security-need.ts'
import { type Evidence, sessionFailure } from './session-verdict.ts'
import type { StsFinding } from './sts-book.ts'
import { TlsPolicies } from './tls-policies.ts'

const hop = { host: 'mx.ta.test', address: '192.0.2.1' }

/** A domain whose mail host is that one, and what is known of it. */
interface Neighbour {
  readonly domain: string
  readonly isSigned: boolean
  /** `failed`: announced, and not to be had. */
  readonly mode: KeptStsPolicy['mode'] | 'failed' | undefined
  readonly mx: string
  readonly expectsTls: boolean
}

const hash = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')

function policiesFor(
  neighbours: readonly Neighbour[],
  usage: 'none' | '2' | '3',
  isHostSigned: boolean,
): TlsPolicies {
  const tlsa = usage === '2' ? hash(certificate('mid').raw) : hash(certificate('leaf').raw)
  const zone = new Zone(`
    mx.ta.test A 192.0.2.1
    ${isHostSigned ? 'mx.ta.test SECURE' : ''}
    ${usage === 'none' ? '' : `_25._tcp.mx.ta.test TLSA ${usage} 0 1 ${tlsa}`}
  `)
  for (const { domain, isSigned } of neighbours) {
    zone.add({ name: domain, type: 'MX', value: '10 mx.ta.test' })
    if (isSigned) zone.add({ name: domain, type: 'SECURE', value: '' })
  }
  const of = (domain: string) => neighbours.find((each) => each.domain === domain)
  return new TlsPolicies({
    resolver: zoneResolver(zone),
    log: silentLog,
    sts: { find: (domain) => Promise.resolve(stsOf(of(domain))) },
    memory: { expectsTls: (domain) => Promise.resolve(of(domain)?.expectsTls === true) },
  })
}

function stsOf(neighbour: Neighbour | undefined): StsFinding {
  if (neighbour?.mode === undefined) return {}
  const { domain, mode, mx } = neighbour
  if (mode === 'failed') return { failure: failure('sts-policy-fetch-error', 'away') }
  const times = { maxAgeSeconds: 9, remainingSeconds: 9, fetchedAt: goodDay, expiresAt: goodDay }
  return { policy: { domain, policyId: '1', mode, mx: [mx], lines: [], ...times } }
}

const evidences: readonly Evidence[] = [
  undefined,
  { distrust: undefined, chain: () => chainOf('leaf', 'mid') },
  { distrust: 'CERT_HAS_EXPIRED', chain: () => chainOf('leaf', 'mid') },
  // From the authority that the record names, and for one domain's name alone.
  { distrust: undefined, chain: () => chainOf('notca', 'root') },
  { distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT', chain: () => chainOf('client') },
]

test('what may go over a connection for one domain may for every domain that shares it', async (t) => {
  const seed = someSeed()
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  const below = (count: number): number => Math.floor(random() * count)
  const modes = [undefined, undefined, undefined, 'none', 'testing', 'enforce', 'failed'] as const
  const needs: readonly SecurityNeed[] = ['usual', 'required', 'optional']
  let shared = 0
  for (let round = 0; round < 300; round += 1) {
    const neighbours = Array.from({ length: 6 }, (_, at): Neighbour => ({
      domain: `d${at}.test`,
      isSigned: below(2) === 1,
      mode: modes[below(modes.length)],
      mx: below(2) === 0 ? 'mx.ta.test' : 'other.test',
      expectsTls: below(3) === 0,
    }))
    const usage = (['none', '2', '3'] as const)[below(3)] ?? 'none'
    const policies = policiesFor(neighbours, usage, below(3) > 0)
    const need = needs[below(3)] ?? 'usual'
    const keys = await Promise.all(
      neighbours.map(({ domain }) => policies.sharingKey(domain, [hop])),
    )
    const plans = await Promise.all(
      neighbours.map(({ domain }) => policies.plan(hop, domain, need)),
    )
    for (const evidence of evidences) {
      const fates = plans.map(({ plan }) => {
        if (sessionFailure(plan, hop.host, evidence, goodDay) === undefined) return 'used'
        return plan.kind === 'refused' && plan.isFinal ? 'bounced' : 'deferred'
      })
      for (const [one, key] of keys.entries()) {
        for (const [other, otherKey] of keys.entries()) {
          if (one >= other || key !== otherKey) continue
          shared += 1
          const text = JSON.stringify({ seed, usage, need, key, neighbours })
          assert.equal(fates[one], fates[other], text)
        }
      }
    }
  }
  assert.ok(shared > 100, 'few shared anything')
})

test('domains without a policy of their own share; those with one do not', async () => {
  const usual = { isSigned: false, mode: undefined, mx: 'mx.ta.test', expectsTls: false } as const
  const neighbours = [
    { ...usual, domain: 'a.test' },
    { ...usual, domain: 'b.test' },
    { ...usual, domain: 'c.test', mode: 'none' as const },
    { ...usual, domain: 'd.test', mode: 'enforce' as const },
    { ...usual, domain: 'e.test', expectsTls: true },
    { ...usual, domain: 'f.test', isSigned: true },
    { ...usual, domain: 'g.test', isSigned: true },
  ]
  const keysWith = async (usage: '2' | '3') => {
    const policies = policiesFor(neighbours, usage, true)
    const key = async ({ domain }: Neighbour) => await policies.sharingKey(domain, [hop])
    return await Promise.all(neighbours.map(key))
  }
  const [a, b, c, d, e, f, g] = await keysWith('3')
  assert.deepEqual([b, c], [a, a])
  assert.equal(new Set([a, d, e, f]).size, 4)
  assert.equal(f, g)
  const byName = await keysWith('2')
  assert.notEqual(byName[5], byName[6], 'the certificate may be for the name of one of them')
})

test('while nothing is known because the store is away a domain shares with nobody', async () => {
  const policies = new TlsPolicies({
    resolver: zoneResolver(new Zone('a.test A 192.0.2.1')),
    log: silentLog,
    sts: { find: () => Promise.reject(new StoreUnavailable('connection', 'none')) },
    memory: { expectsTls: () => Promise.resolve(false) },
  })
  assert.equal(await policies.sharingKey('a.test', [hop]), 'alone a.test')
  await assert.rejects(policies.plan(hop, 'a.test', 'usual'), StoreUnavailable)
})

test('that nobody validates is said once, after a moment of waiting for it', async () => {
  const said: string[] = []
  const log = { ...silentLog, warn: (event: string) => void said.push(event) }
  let asked = 0
  const resolver: Resolver = {
    ...zoneResolver(new Zone('a.test A 192.0.2.1')),
    dnssec: () => {
      asked += 1
      return { state: asked < 4 ? 'unknown' : 'not-validating', text: 'no AD' }
    },
  }
  const policies = new TlsPolicies({
    resolver,
    log,
    sts: { find: () => Promise.resolve({}) },
    memory: { expectsTls: () => Promise.resolve(false) },
  })
  const here = { host: 'a.test', address: '192.0.2.1' }
  await policies.plan(here, 'a.test', 'usual')
  await policies.plan(here, 'a.test', 'usual')
  assert.ok(asked >= 4)
  assert.deepEqual(said, ['delivery.dane.off'])
})
