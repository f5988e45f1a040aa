import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import { builtInStages } from './built-in-stages.ts'
import { createPipeline, DEFAULT_THRESHOLDS } from './runner/create-pipeline.ts'
import { letter, page, sample } from './sample-message.fixture.ts'

const gtube = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('')
const pipeline = createPipeline({
  stages: builtInStages(),
  thresholds: DEFAULT_THRESHOLDS,
  log: silentLog,
})

test('GTUBE is refused in plain text, in base64 and in HTML, and its name alone is not', async () => {
  const coded = letter(
    { 'Content-Transfer-Encoding': 'base64' },
    Buffer.from(`${gtube}\n`).toString('base64'),
  )
  for (const octets of [letter({}, `${gtube}\n`), coded, page(`<p>${gtube}</p>`)]) {
    const verdict = await pipeline.judge(sample(octets))
    assert.equal(verdict.action, 'reject')
    assert.equal(verdict.findings[0]?.symbol, 'GTUBE')
  }
  assert.equal((await pipeline.judge(sample(letter({}, 'What is GTUBE?\n')))).action, 'deliver')
})

test('an honest letter passes the whole of what is built in', async () => {
  const verdict = await pipeline.judge(sample())
  assert.equal(verdict.action, 'deliver')
  assert.ok(verdict.points < 1, String(verdict.points))
  assert.ok(verdict.stages.every(({ outcome }) => outcome === 'done'))
})
