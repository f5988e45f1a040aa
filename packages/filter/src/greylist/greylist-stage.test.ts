import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import type { FilterMessageInput } from '../filter-message.ts'
import { createPipeline, DEFAULT_THRESHOLDS } from '../runner/create-pipeline.ts'
import { authentication, examined, letter, sample } from '../sample-message.fixture.ts'
import type { Stage } from '../stage.ts'
import { greylistStage } from './greylist-stage.ts'

/** A greylist in memory: who came once passes. */
function greylisting(correspondents: Readonly<Record<string, string>> = {}) {
  const seen = new Set<string>()
  const senders: string[] = []
  const stage = greylistStage({
    ambiguous: [2, 6],
    correspondence: {
      correspondents: (accounts, address) =>
        Promise.resolve(new Set(accounts.filter((account) => correspondents[account] === address))),
    },
    greylist: {
      attempt(sender, accounts) {
        senders.push(sender)
        const keys = accounts.map((account) => `${sender} ${account}`)
        const passes = keys.some((key) => seen.has(key))
        for (const key of keys) seen.add(key)
        return Promise.resolve(passes)
      },
    },
  })
  return { stage, senders }
}

async function waits(stage: Stage, more: Partial<FilterMessageInput> = {}): Promise<boolean> {
  const { ruling, findings } = await examined(stage, letter(), more)
  assert.equal(findings.length, ruling === undefined ? 0 : 1)
  return ruling?.kind === 'defer'
}

test('a stranger waits once, known by its network and the domain that it names', async () => {
  const { stage, senders } = greylisting()
  const client = { address: '192.0.2.99', helo: 'x', isTls: true }
  assert.equal(await waits(stage), true)
  assert.equal(await waits(stage, { client }), false, 'the next host of the same network')
  assert.equal(await waits(stage, { client: { ...client, address: '2001:db8::1' } }), true)
  assert.deepEqual(senders, [
    'n:192.0.2.0/24 elsewhere.example',
    'n:192.0.2.0/24 elsewhere.example',
    'n:2001:db8::/64 elsewhere.example',
  ])
})

test('a domain that vouches is remembered instead, wherever its mail comes from', async () => {
  const { stage, senders } = greylisting()
  const proof = Promise.resolve(authentication({ authenticated: ['mail.shop.example'] }))
  assert.equal(await waits(stage, { authentication: proof, sender: 'a1@shop.example' }), true)
  const client = { address: '203.0.113.5', helo: 'x', isTls: true }
  const again = { authentication: proof, sender: 'b2@shop.example', client }
  assert.equal(await waits(stage, again), false)
  assert.deepEqual(senders, ['d:shop.example', 'd:shop.example'])
})

test('whose author is vouched for, and whom a recipient wrote to, never waits', async () => {
  const { stage, senders } = greylisting({ '1': 'grace@elsewhere.example' })
  const { dmarc } = authentication()
  for (const known of [
    { ...dmarc, result: 'pass' as const },
    { ...dmarc, aligned: ['elsewhere.example'] },
  ]) {
    const proof = Promise.resolve(authentication({ dmarc: known }))
    assert.equal(await waits(greylisting().stage, { authentication: proof }), false)
  }
  assert.equal(await waits(stage), false)
  const two = [
    { address: 'bob@example.test', account: '2' },
    { address: 'ada@example.test', account: '1' },
  ]
  assert.equal(await waits(stage, { recipients: two }), false, 'one recipient knows the sender')
  assert.deepEqual(senders, [])
})

test('postmaster and abuse wait for nobody, nor do recipients elsewhere', async () => {
  const { stage } = greylisting()
  for (const address of ['postmaster@example.test', 'Abuse@example.test', 'postmaster']) {
    assert.equal(await waits(stage, { recipients: [{ address, account: '1' }] }), false, address)
  }
  assert.equal(await waits(stage, { recipients: [{ address: 'friend@else.example' }] }), false)
})

/** What becomes of a stranger's message with so many points from another stage. */
async function judge(points: number): Promise<string> {
  const other: Stage = {
    name: 'other',
    directions: ['inbound'],
    deadlineMs: 1000,
    onFailure: 'pass',
    examine: () => Promise.resolve({ findings: [{ symbol: 'X', points, reason: 'x' }] }),
  }
  const stages = [other, greylisting().stage]
  const pipeline = createPipeline({ stages, thresholds: DEFAULT_THRESHOLDS, log: silentLog })
  const { action, reason } = await pipeline.judge(sample())
  return reason === undefined ? action : `${action} ${reason}`
}

test('only a verdict in doubt is put off', async () => {
  assert.equal(await judge(0), 'deliver')
  assert.equal(await judge(1.9), 'deliver')
  assert.equal(await judge(2), 'defer greylist')
  assert.equal(await judge(5.9), 'defer greylist')
  assert.equal(await judge(6), 'junk spam')
  assert.equal(await judge(20), 'reject spam')
})

test('a store that is away puts nobody off', async () => {
  const broken = greylistStage({
    ambiguous: [0, 6],
    correspondence: { correspondents: () => Promise.resolve(new Set<string>()) },
    greylist: { attempt: () => Promise.reject(new Error('away')) },
  })
  const thresholds = DEFAULT_THRESHOLDS
  const pipeline = createPipeline({ stages: [broken], thresholds, log: silentLog })
  assert.equal((await pipeline.judge(sample())).action, 'deliver')
})
