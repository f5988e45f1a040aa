import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import { sample, symbols } from '../sample-message.fixture.ts'
import type { Finding, Ruling, Stage, StageResult } from '../stage.ts'
import type { FilterVerdict, Thresholds } from '../verdict.ts'
import { createPipeline, DEFAULT_THRESHOLDS } from './create-pipeline.ts'

const thresholds: Thresholds = { tag: 4, junk: 6, quarantine: 10, reject: 15 }

function stage(result: Partial<StageResult> | Error, more: Partial<Stage> = {}): Stage {
  return {
    name: 'sample',
    directions: ['inbound', 'outbound'],
    deadlineMs: 60_000,
    onFailure: 'pass',
    examine: () => {
      if (result instanceof Error) throw result
      return Promise.resolve({ findings: [], ...result })
    },
    ...more,
  }
}

const found = (points: number, symbol = 'SIGN'): Finding => ({ symbol, points, reason: 'seen' })
const ruling = (kind: Ruling['kind'], text = 'Not here.'): Ruling => ({
  kind,
  symbol: 'SIGN',
  text,
})
const judge = (...stages: readonly Stage[]): Promise<FilterVerdict> =>
  createPipeline({ stages, thresholds, log: silentLog }).judge(sample())
const silent = (more: Partial<Stage>): Stage =>
  stage({}, { examine: () => new Promise(() => {}), deadlineMs: 20, ...more })

test('points decide what becomes of a message, from the threshold on', async () => {
  const actions: [number, string][] = [
    [3.99, 'deliver'],
    [4, 'tag'],
    [6, 'junk'],
    [9.99, 'junk'],
    [10, 'quarantine'],
    [15, 'reject'],
  ]
  for (const [points, action] of actions) {
    const verdict = await judge(stage({ findings: [found(points)] }))
    assert.equal(verdict.action, action, String(points))
    assert.equal(verdict.points, points)
  }
})

test('points of all stages add up without a rounding error', async () => {
  const tenths = Array.from({ length: 60 }, () => stage({ findings: [found(0.1)] }))
  const verdict = await judge(...tenths)
  assert.equal(verdict.points, 6)
  assert.equal(verdict.action, 'junk')
})

test('findings stand heaviest first, those for a message among them', async () => {
  const findings = [found(1, 'B'), found(-3, 'HAM'), found(1, 'A'), found(0, 'ZERO')]
  const verdict = await judge(stage({ findings }))
  assert.deepEqual(
    verdict.findings.map(({ symbol }) => symbol),
    ['HAM', 'A', 'B', 'ZERO'],
  )
})

test('stages run at the same time', async () => {
  const { promise, resolve } = Promise.withResolvers<StageResult>()
  const waits = stage({}, { name: 'waits', examine: () => promise })
  const frees = stage(
    {},
    {
      name: 'frees',
      examine: () => (resolve({ findings: [] }), Promise.resolve({ findings: [] })),
    },
  )
  const verdict = await judge(waits, frees)
  assert.deepEqual(
    verdict.stages.map(({ outcome }) => outcome),
    ['done', 'done'],
  )
})

test('a stage that fails counts as it is configured, and is told', async () => {
  const outcomes = new Map([
    ['pass', 'deliver'],
    ['tag', 'tag'],
    ['defer', 'defer'],
  ] as const)
  for (const [onFailure, action] of outcomes) {
    const verdict = await judge(stage(new Error('no\r\nscanner'), { name: 'clamd', onFailure }))
    assert.equal(verdict.action, action)
    assert.deepEqual(symbols(verdict), ['CLAMD_FAILED'])
    assert.deepEqual(
      verdict.stages.map(({ outcome, because }) => [outcome, because]),
      [['failed', 'no scanner']],
    )
  }
})

test('a stage that does not answer is timed out and told to stop, and nobody waits longer for it', async () => {
  let isStopped = false
  const deaf = silent({
    onFailure: 'defer',
    examine: (_, signal) => {
      signal.addEventListener('abort', () => (isStopped = true))
      return new Promise(() => {})
    },
  })
  const verdict = await judge(deaf, stage({ findings: [found(7)] }))
  assert.equal(verdict.stages[0]?.outcome, 'timed-out')
  assert.equal(verdict.action, 'defer')
  assert.equal(verdict.reason, 'failure')
  assert.ok(isStopped)
})

test('a stage that rejects after its deadline harms nobody', async () => {
  const late = silent({
    examine: (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => setImmediate(reject, new Error('late'))),
      ),
  })
  assert.equal((await judge(late)).action, 'deliver')
  await new Promise((resolve) => setTimeout(resolve, 20))
})

test('a session that ends stops the stages', async () => {
  const ended = AbortSignal.abort()
  const pipeline = createPipeline({
    stages: [silent({ deadlineMs: 60_000 })],
    thresholds,
    log: silentLog,
  })
  const verdict = await pipeline.judge(sample(), ended)
  assert.equal(verdict.stages[0]?.outcome, 'failed')
})

test('a virus is refused though another stage failed, or kept aside where that is configured', async () => {
  const stages = [
    stage(new Error('away'), { onFailure: 'defer' }),
    stage({ ruling: ruling('virus') }),
  ]
  const refused = await judge(...stages)
  assert.deepEqual([refused.action, refused.reason, refused.text], ['reject', 'virus', 'Not here.'])
  const kept = await createPipeline({
    stages,
    thresholds,
    log: silentLog,
    virus: 'quarantine',
  }).judge(sample())
  assert.deepEqual([kept.action, kept.reason], ['quarantine', 'virus'])
})

test('rulings go before points: policy refuses, greylisting waits, quarantine keeps aside', async () => {
  const cases: [Ruling['kind'], string, string][] = [
    ['policy', 'reject', 'policy'],
    ['defer', 'defer', 'greylist'],
    ['quarantine', 'quarantine', 'policy'],
  ]
  for (const [kind, action, reason] of cases) {
    const verdict = await judge(stage({ ruling: ruling(kind) }))
    assert.deepEqual([verdict.action, verdict.reason], [action, reason])
  }
  const both = await judge(stage({ ruling: ruling('defer') }), stage({ ruling: ruling('policy') }))
  assert.equal(both.action, 'reject')
})

test('nothing a stage writes can break a reply, a symbol or a sum', async () => {
  const verdict = await judge(
    stage({ findings: [{ symbol: 'a b\r\nX', points: Number.NaN, reason: 'x\r\n\u202ey\u0000' }] }),
    stage({ ruling: ruling('policy', `no\r\n250 yes \u00e9${'x'.repeat(500)}`) }),
  )
  assert.equal(verdict.points, 0)
  assert.deepEqual(
    verdict.findings.map(({ symbol, reason }) => [symbol, reason]),
    [['A_B_X', 'x y']],
  )
  assert.match(verdict.text ?? '', /^[\x20-\x7e]{1,200}$/)
})

test('mail of our own users passes the stages for it, by thresholds of its own', async () => {
  const inboundOnly = stage({ findings: [found(100)] }, { directions: ['inbound'] })
  const pipeline = createPipeline({
    stages: [inboundOnly, stage({ findings: [found(7)] })],
    thresholds,
    outboundThresholds: { tag: 20, junk: 20 },
    log: silentLog,
  })
  const verdict = await pipeline.judge(sample(undefined, { direction: 'outbound' }))
  assert.deepEqual([verdict.action, verdict.points, verdict.stages.length], ['deliver', 7, 1])
})

test('by default nothing is refused that is only on the way to Junk', () => {
  assert.ok(DEFAULT_THRESHOLDS.tag < DEFAULT_THRESHOLDS.junk)
  assert.ok(DEFAULT_THRESHOLDS.junk * 2 < (DEFAULT_THRESHOLDS.reject ?? 0))
})

test('health is told per stage, and a closing stage that fails keeps none from closing', async () => {
  let isClosed = false
  const bad = stage(
    {},
    {
      name: 'bad',
      close: () => Promise.reject(new Error('no')),
      health: () => ({ isWell: false, text: 'away' }),
    },
  )
  const good = stage({}, { name: 'good', close: () => ((isClosed = true), Promise.resolve()) })
  const pipeline = createPipeline({ stages: [bad, good], thresholds, log: silentLog })
  assert.deepEqual(pipeline.health(), [
    { name: 'bad', isWell: false, text: 'away' },
    { name: 'good', isWell: true, text: 'well' },
  ])
  await pipeline.close()
  assert.ok(isClosed)
})
