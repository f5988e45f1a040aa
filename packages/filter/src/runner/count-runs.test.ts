import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import { actions, stageDurations, stageVerdicts } from '../metrics.ts'
import { sample } from '../sample-message.fixture.ts'
import type { Stage, StageResult } from '../stage.ts'
import { createPipeline } from './create-pipeline.ts'

function stage(name: string, examine: Stage['examine']): Stage {
  return { name, directions: ['inbound'], deadlineMs: 20, onFailure: 'pass', examine }
}

const says = (name: string, result: Partial<StageResult>): Stage =>
  stage(name, () => Promise.resolve({ findings: [], ...result }))
const found = (points: number) => [{ symbol: 'SIGN', points, reason: 'seen' }]

test('each stage counts by one word, and the message by what becomes of it', async () => {
  const pipeline = createPipeline({
    stages: [
      says('quiet', {}),
      says('against', { findings: found(2) }),
      says('for', { findings: found(-2) }),
      says('undecided', { findings: [...found(2), ...found(-2)] }),
      says('rules', { ruling: { kind: 'quarantine', symbol: 'SIGN', text: 'no' } }),
      stage('broken', () => Promise.reject(new Error('no'))),
      stage('deaf', () => new Promise(() => {})),
    ],
    thresholds: { tag: 4, junk: 6 },
    log: silentLog,
  })
  await pipeline.judge(sample())
  const counted = stageVerdicts.snapshot().series.filter(({ numbers }) => numbers[0] !== 0)
  assert.deepEqual(
    counted.map(({ values, numbers }) => [...values, numbers[0]]),
    [
      ['quiet', 'clean', 1],
      ['against', 'spam', 1],
      ['for', 'ham', 1],
      ['undecided', 'clean', 1],
      ['rules', 'quarantine', 1],
      ['broken', 'failed', 1],
      ['deaf', 'timed-out', 1],
    ],
  )
  assert.equal(stageDurations.snapshot().series.length, 7)
  assert.equal(actions.value({ direction: 'inbound', action: 'quarantine' }), 1)
})
